"""Losses as objectives of XGBoost, LightGBM and CatBoost; none of them is imported."""

from lossary.integrations.boosting._objective import Objective

__all__ = ["Objective"]
