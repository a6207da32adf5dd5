"""Kill everything, many times, while people work: nothing acknowledged may be lost, nothing done twice."""
