"""What starts runs: jobs, the monthly schedule, the landing sensor, restatement, and alerts on failure."""
