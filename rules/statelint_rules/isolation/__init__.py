"""SL3: user isolation. One user must not reach another's rows."""
