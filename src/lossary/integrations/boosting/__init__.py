"""Losses as objectives for XGBoost, LightGBM and CatBoost, without importing any of them."""

from lossary.integrations.boosting._objective import Objective

__all__ = ["Objective"]
