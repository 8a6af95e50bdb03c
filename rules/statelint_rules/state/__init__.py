"""SL1: state that lives in the process."""
