"""SL7: errors and recovery. A failure is told without insides, and repeating it does no harm."""
