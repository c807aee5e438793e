from __future__ import annotations

from .backups import Backup
from .datasets import Dataset
from .deployments import Deployment, LivePointer
from .versions import ModelVersion
from .workers import ServerWorker

__all__ = ["Backup", "Dataset", "Deployment", "LivePointer", "ModelVersion", "ServerWorker"]
