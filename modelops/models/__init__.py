from __future__ import annotations

from .alerts import Alert, ModelCheck
from .backups import Backup
from .datasets import Dataset
from .deployments import Deployment, LivePointer
from .doors import Door
from .operations import Operation
from .runs import QueueWorker, TrainingRun
from .site import ErasedText, LabelHold, MustPassSentence, ThresholdChange
from .versions import ModelVersion
from .workers import ServerWorker

__all__ = [
    "Alert",
    "Backup",
    "Dataset",
    "Deployment",
    "Door",
    "ErasedText",
    "LabelHold",
    "LivePointer",
    "ModelCheck",
    "ModelVersion",
    "MustPassSentence",
    "Operation",
    "QueueWorker",
    "ServerWorker",
    "ThresholdChange",
    "TrainingRun",
]
