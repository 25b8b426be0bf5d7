"""Source profiles and delivered files: YAML to typed model, files to raw records with provenance.

Knows the channels of the contracts, the files of the landing folder and the engine that reads them; knows no asset
and no table of the warehouse.
"""
