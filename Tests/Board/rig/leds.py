"""What the status LED shows, Board/Models/status_colours.h written down a second time."""

LEDS = {
    "starting": "white blinking",
    "waiting for network": "yellow",
    "connecting": "blue blinking",
    "joining": "cyan",
    "joined": "green",
    "retrying": "orange blinking",
    "sensor fault": "magenta",
    "stopped": "red",
}
