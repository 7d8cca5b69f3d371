"""What courses differ in and a problem may declare: the choices, the default first, each with what it means."""

from __future__ import annotations

from checker.knowledge.entries import Convention
from checker.table import Table

CONVENTIONS: Table[Convention] = Table(
    "convention",
    (
        Convention(
            "relu_at_zero",
            (
                ("0", "the slope of ReLU at 0 is that of the negative side, as in every framework"),
                ("0.5", "the slope at 0 is half way, the mean of the two sides'"),
                ("1", "the slope at 0 is that of the positive side"),
            ),
            summary="The slope of ReLU and its relatives where z is exactly 0.",
            source="0: torch.nn.ReLU, tf.nn.relu, jax.nn.relu; 0.5: the mean of the one-sided derivatives; 1: Jurafsky "
            "& Martin, Speech and Language Processing (3rd ed. draft), equation 7.30",
        ),
        Convention(
            "max_at_tie",
            (
                ("first", "the first of the equal operands gets the whole gradient"),
                ("split", "the equal operands share the gradient evenly"),
            ),
            summary="Which operand of max, min or max_pool gets the gradient where several are equal.",
            source="first: torch.nn.MaxPool2d and numpy.argmax; split: torch.maximum, torch.amax and jax.numpy.max",
        ),
        Convention(
            "batch_reduction",
            (
                ("mean", "the loss of a batch is the mean over its examples"),
                ("sum", "the loss of a batch is the sum over its examples"),
            ),
            summary="How the losses of the examples of a batch are put together.",
            source="mean: Goodfellow, Bengio & Courville, Deep Learning (2016), equation 8.3; sum: Bishop, Pattern "
            "Recognition and Machine Learning (2006), equation 5.11",
        ),
        Convention(
            "batch_mean_at",
            (
                ("loss", "the 1/m of the batch mean stands in the loss, so every gradient carries it"),
                ("parameters", "gradients on the way are of the summed loss; 1/m is applied to the parameters' alone"),
            ),
            summary="Where the 1/m of a mean over m examples enters the backward pass.",
            source="loss: torch.autograd and every other framework; parameters: Ng, deeplearning.ai, Neural Networks "
            "and Deep Learning, week 3: dZ = A - Y, dW = 1/m dZ A^T",
        ),
        Convention(
            "output_reduction",
            (
                ("as_defined", "each loss sums or averages over outputs as its entry says"),
                ("sum", "every loss is summed over outputs"),
                ("mean", "every loss is averaged over outputs"),
            ),
            summary="Whether the loss of one example is summed or averaged over its outputs.",
            source="sum: Bishop, Pattern Recognition and Machine Learning (2006), equation 5.11; mean: "
            "torch.nn.MSELoss and keras.losses.MeanSquaredError",
        ),
    ),
)
