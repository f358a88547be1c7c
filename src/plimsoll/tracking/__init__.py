"""What was trained, searched and walked, in MLflow: off unless asked for, and free of cost then."""

from plimsoll.tracking.runs import TrackedRun, track
from plimsoll.tracking.settings import TrackingSettings

__all__ = ["TrackedRun", "TrackingSettings", "track"]
