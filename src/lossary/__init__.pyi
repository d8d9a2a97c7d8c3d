"""What `__init__.py` imports on first use, for type checkers and editors."""

from lossary._check import LossInputError as LossInputError
from lossary._check import LossTypeError as LossTypeError
from lossary._config import config as config
from lossary._engine import Total as Total
from lossary.diagnosis import diagnose as diagnose
from lossary.diagnosis import diagnose_history as diagnose_history
from lossary.losses.boxes import *
from lossary.losses.classification import *
from lossary.losses.divergences import *
from lossary.losses.likelihoods import *
from lossary.losses.lists import *
from lossary.losses.metric import *
from lossary.losses.preferences import *
from lossary.losses.regression import *
from lossary.losses.segmentation import *
from lossary.losses.sequence import *
from lossary.transforms import accelerate as accelerate
from lossary.transforms import check as check
from lossary.transforms import total as total
from lossary.transforms import value_and_grad as value_and_grad
from lossary.transforms import value_grad_hess as value_grad_hess

__all__: list[str]
__version__: str
