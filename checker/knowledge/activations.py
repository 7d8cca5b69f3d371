"""The activations: each is one formula in `z`, which is differentiated, never a derivative typed by hand.

Besides the language of problems, formulas use `column_sum(x)` (the sum over a vector, or down each column of a
matrix) and `step(x)` (1 above 0, 0 below, and at 0 what the entry's `kink` convention says).
"""

from __future__ import annotations

from checker.knowledge.entries import Activation
from checker.table import Table

ACTIVATIONS: Table[Activation] = Table(
    "activation",
    (
        Activation(
            "linear",
            "z",
            source="Bishop, Pattern Recognition and Machine Learning (2006), section 5.1: identity output units",
            summary="Passes the weighted sum on unchanged.",
            slope="1",
            aliases=("identity",),
        ),
        Activation(
            "sigmoid",
            "1/(1 + exp(-z))",
            source="Bishop, Pattern Recognition and Machine Learning (2006), equations 4.59 and 4.88",
            summary="The logistic function, from 0 to 1.",
            slope="a*(1 - a)",
            symbol=r"\sigma",
            aliases=("logistic",),
        ),
        Activation(
            "tanh",
            "tanh(z)",
            source="Bishop, Pattern Recognition and Machine Learning (2006), equations 5.59 and 5.60",
            summary="The hyperbolic tangent, from -1 to 1.",
            slope="1 - a^2",
            symbol=r"\tanh",
        ),
        Activation(
            "relu",
            "max(z, 0)",
            source="Nair & Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, ICML 2010",
            summary="The positive part: z where it is positive, else 0.",
            slope="step(a)",
            kink="relu_at_zero",
            # an output of 0 comes from every z up to 0, so it tells the slope only where the corner's is 0 too
            slope_holds="relu_at_zero = 0",
            symbol=r"\operatorname{ReLU}",
        ),
        Activation(
            "leaky_relu",
            "max(z, 0) + slope*min(z, 0)",
            source="Maas, Hannun & Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, ICML 2013 "
            "workshop: slope 0.01",
            summary="z where it is positive, else a small multiple of z.",
            parameters=(("slope", "0.01"),),
            slope="step(a) + slope*(1 - step(a))",
            kink="relu_at_zero",
            slope_holds="slope > 0",
            symbol=r"\operatorname{LeakyReLU}",
        ),
        Activation(
            "elu",
            "max(z, 0) + alpha*(exp(min(z, 0)) - 1)",
            source="Clevert, Unterthiner & Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear "
            "Units (ELUs), ICLR 2016",
            summary="z where it is positive, else an exponential that levels off at -alpha.",
            parameters=(("alpha", "1"),),
            slope="step(a) + (1 - step(a))*(a + alpha)",
            kink="relu_at_zero",
            slope_holds="alpha > 0",
            symbol=r"\operatorname{ELU}",
        ),
        Activation(
            "selu",
            "1.0507009873554804934193349852946*max(z, 0) + 1.7580993408473768599402175208123*(exp(min(z, 0)) - 1)",
            source="Klambauer, Unterthiner, Mayr & Hochreiter, Self-Normalizing Neural Networks, NeurIPS 2017, "
            "equation 2: lambda = 1.0507…, alpha = 1.6733…; the second factor here is lambda*alpha",
            summary="ELU scaled so that mean 0 and variance 1 are kept; its two constants are fixed.",
            slope="1.0507009873554804934193349852946*step(a) + (1 - step(a))*(a + 1.7580993408473768599402175208123)",
            kink="relu_at_zero",
            symbol=r"\operatorname{SELU}",
        ),
        Activation(
            "softplus",
            "ln(1 + exp(z))",
            source="Dugas, Bengio, Bélisle, Nadeau & Garcia, Incorporating Second-Order Functional Knowledge for "
            "Better Option Pricing, NIPS 2000",
            summary="A smooth ReLU, whose slope is the sigmoid.",
            slope="1 - exp(-a)",
        ),
        Activation(
            "softsign",
            "z/(1 + abs(z))",
            source="Glorot & Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, "
            "AISTATS 2010, after Bergstra, Desjardins, Lamblin & Bengio (2009)",
            summary="Like tanh, from -1 to 1, but levelling off slowly.",
            slope="(1 - abs(a))^2",
        ),
        Activation(
            "silu",
            "z/(1 + exp(-z))",
            source="Elfwing, Uchibe & Doya, Sigmoid-Weighted Linear Units for Neural Network Function Approximation "
            "in Reinforcement Learning, Neural Networks 107 (2018); as Swish with beta = 1: Ramachandran, Zoph & Le, "
            "arXiv:1710.05941",
            summary="z times its sigmoid.",
            symbol=r"\operatorname{SiLU}",
            aliases=("swish",),
        ),
        Activation(
            "gelu",
            "z*(1 + erf(z/sqrt(2)))/2",
            source="Hendrycks & Gimpel, Gaussian Error Linear Units (GELUs), arXiv:1606.08415",
            summary="z times the normal distribution function of z, exactly.",
            symbol=r"\operatorname{GELU}",
        ),
        Activation(
            "gelu_tanh",
            "z*(1 + tanh(sqrt(2/pi)*(z + 0.044715*z^3)))/2",
            source="Hendrycks & Gimpel, Gaussian Error Linear Units (GELUs), arXiv:1606.08415: the approximation",
            summary="GELU with its distribution function approximated by a tanh.",
            symbol=r"\operatorname{GELU}_{\tanh}",
        ),
        Activation(
            "mish",
            "z*tanh(ln(1 + exp(z)))",
            source="Misra, Mish: A Self Regularized Non-Monotonic Activation Function, BMVC 2020",
            summary="z times the tanh of its softplus.",
        ),
        Activation(
            "exp",
            "exp(z)",
            source="McCullagh & Nelder, Generalized Linear Models (1989), chapter 6: the inverse of the log link",
            summary="The exponential, for positive outputs such as rates.",
            slope="a",
            symbol=r"\exp",
        ),
        Activation(
            "softmax",
            "exp(z)/column_sum(exp(z))",
            source="Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs, 1990; Bishop, "
            "Pattern Recognition and Machine Learning (2006), equation 4.104",
            summary="Exponentials divided by their sum: positive outputs that add up to 1 for each example.",
            slope="diag(a) - outer(a, a)",
            backward="a*(g - column_sum(a*g))",
        ),
    ),
)
