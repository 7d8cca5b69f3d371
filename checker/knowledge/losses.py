"""The losses: each is one formula of a prediction and a target, summed or averaged over the outputs of one example.

How the examples of a batch are put together, and whether a course sums where an entry averages, are conventions. Logs
are natural. Formulas may use the functions of the activation table.
"""

from __future__ import annotations

from checker.knowledge.entries import Loss
from checker.table import Table

LOSSES: Table[Loss] = Table(
    "loss",
    (
        Loss(
            "half_squared_error",
            "(a - y)^2/2",
            source="Rumelhart, Hinton & Williams, Learning Representations by Back-Propagating Errors, Nature 323 "
            "(1986), equation 3; Bishop, Pattern Recognition and Machine Learning (2006), equation 5.11",
            summary="Half the squared error, summed over outputs, so that its slope is a - y.",
        ),
        Loss(
            "squared_error",
            "(a - y)^2",
            source="Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), equation 11.9",
            summary="The squared error, summed over outputs, without a half.",
        ),
        Loss(
            "mean_squared_error",
            "(a - y)^2",
            source="Goodfellow, Bengio & Courville, Deep Learning (2016), equation 5.4; torch.nn.MSELoss",
            summary="The squared error, averaged over outputs.",
            outputs="mean",
        ),
        Loss(
            "absolute_error",
            "abs(a - y)",
            source="Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), section 10.6; "
            "torch.nn.L1Loss(reduction='sum')",
            summary="The absolute error, summed over outputs; its slope at 0 is 0.",
        ),
        Loss(
            "huber",
            "min(abs(a - y), delta)*(abs(a - y) - min(abs(a - y), delta)/2)",
            source="Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35 (1964); "
            "torch.nn.HuberLoss",
            summary="Half the squared error up to an error of delta, linear beyond it, summed over outputs.",
            parameters=(("delta", "1"),),
        ),
        Loss(
            "hinge",
            "max(0, 1 - y*a)",
            source="Cortes & Vapnik, Support-Vector Networks, Machine Learning 20 (1995); Bishop, Pattern Recognition "
            "and Machine Learning (2006), equation 7.45",
            summary="The margin that is lacking, for targets -1 and 1, summed over outputs.",
        ),
        Loss(
            "binary_cross_entropy",
            "-(y*ln(a) + (1 - y)*ln(1 - a))",
            source="Bishop, Pattern Recognition and Machine Learning (2006), equation 5.21; torch.nn.BCELoss",
            summary="The cross-entropy of probabilities of one class each, summed over outputs.",
            aliases=("binary_crossentropy",),
        ),
        Loss(
            "binary_cross_entropy_with_logits",
            # max(z, 0) - y*z + ln(1 + exp(-abs(z))) is the same number, but its corner at 0 has no honest slope
            "softplus(z) - y*z",
            source="torch.nn.BCEWithLogitsLoss; tf.nn.sigmoid_cross_entropy_with_logits",
            summary="The binary cross-entropy of sigmoid(z), straight from z, summed over outputs.",
            arguments=("z", "y"),
        ),
        Loss(
            "categorical_cross_entropy",
            "-y*ln(a)",
            source="Bishop, Pattern Recognition and Machine Learning (2006), equation 4.108; Goodfellow, Bengio & "
            "Courville, Deep Learning (2016), section 6.2.2.3",
            summary="The cross-entropy of the probabilities of classes, summed over classes.",
            aliases=("categorical_crossentropy",),
        ),
        Loss(
            "categorical_cross_entropy_with_logits",
            "-y*ln(softmax(z))",
            source="torch.nn.CrossEntropyLoss; tf.nn.softmax_cross_entropy_with_logits",
            summary="The categorical cross-entropy of softmax(z), straight from z, summed over classes.",
            arguments=("z", "y"),
        ),
        Loss(
            "kl_divergence",
            # y - step(y) + step(-y) + 1 is y where y is positive and 1 where it is 0, whatever step(0) is: a target of
            # 0 then adds 0*ln(1/a) = 0, which is the limit, and not 0*ln(0)
            "y*(ln(y - step(y) + step(-y) + 1) - ln(a))",
            source="Kullback & Leibler, On Information and Sufficiency, Annals of Mathematical Statistics 22 (1951); "
            "Bishop, Pattern Recognition and Machine Learning (2006), equation 1.113",
            summary="The divergence y ln(y/a) of predicted from target probabilities, summed; a target of 0 adds 0.",
        ),
    ),
)
