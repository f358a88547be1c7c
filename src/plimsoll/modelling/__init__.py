"""How a model is fitted, calibrated, stacked, tuned and kept: rows in, a model out, no FreqAI.

Estimators are those of LightGBM, XGBoost, CatBoost and scikit-learn. What is here is what they
leave open: rows in time order are held apart (`plimsoll.labels`), threads and seeds are pinned,
and a model file is plain data that says what made it.
"""
