"""The optimizers: the equations of each, in `w`, its gradient `g`, the iteration `t` from 1, and the state.

A weight decay that is added to the gradient and gradient clipping go before these equations and stand in no entry.
"""

from __future__ import annotations

from checker.knowledge.entries import Form, Optimizer
from checker.table import Table

_ADAM_STATE = (
    ("m", "beta1*m_prev + (1 - beta1)*g"),
    ("v", "beta2*v_prev + (1 - beta2)*g^2"),
    ("mhat", "m/(1 - beta1^t)"),
    ("vhat", "v/(1 - beta2^t)"),
)
_ADAM_SETTINGS = (("learning_rate", ""), ("beta1", "0.9"), ("beta2", "0.999"), ("epsilon", "1e-8"))

OPTIMIZERS: Table[Optimizer] = Table(
    "optimizer",
    (
        Optimizer(
            "sgd",
            (Form("plain", (), "w - learning_rate*g"),),
            source="Robbins & Monro, A Stochastic Approximation Method, Annals of Mathematical Statistics 22 (1951); "
            "Bishop, Pattern Recognition and Machine Learning (2006), equation 5.41",
            summary="A step against the gradient.",
            settings=(("learning_rate", ""),),
            aliases=("gradient_descent",),
        ),
        Optimizer(
            "momentum",
            (
                Form("classical", (("v", "momentum*v_prev + g"),), "w - learning_rate*v"),
                Form("sutskever", (("v", "momentum*v_prev - learning_rate*g"),), "w + v"),
            ),
            source="Polyak, Some Methods of Speeding up the Convergence of Iteration Methods (1964); classical as in "
            "torch.optim.SGD, the other as in Sutskever, Martens, Dahl & Hinton, ICML 2013, equations 1 and 2",
            summary="A step along a decaying sum of gradients.",
            settings=(("learning_rate", ""), ("momentum", "0.9")),
        ),
        Optimizer(
            "nesterov",
            (
                Form("classical", (("v", "momentum*v_prev + g"),), "w - learning_rate*(g + momentum*v)"),
                Form(
                    "sutskever",
                    (("v", "momentum*v_prev - learning_rate*g"),),
                    "w + momentum*v - learning_rate*g",
                ),
            ),
            source="Nesterov (1983), rewritten for the point that has looked ahead: Bengio, Boulanger-Lewandowski & "
            "Pascanu, Advances in Optimizing Recurrent Networks, ICASSP 2013; classical as in "
            "torch.optim.SGD(nesterov=True)",
            summary="Momentum whose gradient is taken one step ahead; the parameters are the point ahead.",
            settings=(("learning_rate", ""), ("momentum", "0.9")),
        ),
        Optimizer(
            "adagrad",
            (
                Form("epsilon_outside", (("v", "v_prev + g^2"),), "w - learning_rate*g/(sqrt(v) + epsilon)"),
                Form("epsilon_inside", (("v", "v_prev + g^2"),), "w - learning_rate*g/sqrt(v + epsilon)"),
            ),
            source="Duchi, Hazan & Singer, Adaptive Subgradient Methods for Online Learning and Stochastic "
            "Optimization, JMLR 12 (2011), figure 1; epsilon as in Goodfellow, Bengio & Courville, Deep Learning "
            "(2016), algorithm 8.4",
            summary="Steps divided by the root of the sum of squared gradients.",
            settings=(("learning_rate", ""), ("epsilon", "1e-8")),
        ),
        Optimizer(
            "rmsprop",
            (
                Form(
                    "epsilon_outside",
                    (("v", "rho*v_prev + (1 - rho)*g^2"),),
                    "w - learning_rate*g/(sqrt(v) + epsilon)",
                ),
                Form(
                    "epsilon_inside",
                    (("v", "rho*v_prev + (1 - rho)*g^2"),),
                    "w - learning_rate*g/sqrt(v + epsilon)",
                ),
            ),
            source="Tieleman & Hinton, Neural Networks for Machine Learning, Coursera (2012), lecture 6e: rho 0.9; "
            "outside as in torch.optim.RMSprop, inside as in Goodfellow, Bengio & Courville, Deep Learning (2016), "
            "algorithm 8.5",
            summary="Steps divided by the root of a decaying mean of squared gradients.",
            settings=(("learning_rate", ""), ("rho", "0.9"), ("epsilon", "1e-8")),
        ),
        Optimizer(
            "adam",
            (
                Form("epsilon_outside", _ADAM_STATE, "w - learning_rate*mhat/(sqrt(vhat) + epsilon)"),
                Form("epsilon_inside", _ADAM_STATE, "w - learning_rate*mhat/sqrt(vhat + epsilon)"),
            ),
            source="Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 1",
            summary="Momentum and RMSProp together, both corrected for their zero start.",
            settings=_ADAM_SETTINGS,
        ),
        Optimizer(
            "adamw",
            (
                Form(
                    "epsilon_outside",
                    _ADAM_STATE,
                    "w - learning_rate*(mhat/(sqrt(vhat) + epsilon) + weight_decay*w)",
                ),
                Form(
                    "epsilon_inside",
                    _ADAM_STATE,
                    "w - learning_rate*(mhat/sqrt(vhat + epsilon) + weight_decay*w)",
                ),
            ),
            source="Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019, algorithm 2; its decay "
            "times the learning rate, and the default, as in torch.optim.AdamW",
            summary="Adam with the decay taken from the parameter itself, not added to the gradient.",
            settings=(*_ADAM_SETTINGS, ("weight_decay", "0.01")),
            decoupled_decay=True,
        ),
    ),
)
