"""SL4: authentication state. Every request proves who is calling, and any replica can check the proof."""
