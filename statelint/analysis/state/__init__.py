"""Which objects outlive a request, who changes them while serving, and what they hold."""
