"""The shorthand for dense layers: it stands for quantities and equations, exactly as an author would write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import yamlfile
from checker.knowledge.activations import ACTIVATIONS
from checker.knowledge.losses import LOSSES
from checker.problem.equations import Written
from checker.problem.language import LAYER_KEYS, MAX_EQUATIONS, NAME, NETWORK_KEYS, table_names
from checker.problem.reader import Reader, name_fault
from checker.problem.words import article, counted, shape_in_words, typed
from checker.table import Table, suggest
from checker.yamlfile import Mapping, Node, Scalar, Sequence, described, short

if TYPE_CHECKING:
    from checker.knowledge.entries import Activation, Loss
    from checker.model import Quantity, Shape


LAYER = "{weights: [[1, 2]], bias: [0], activation: sigmoid}"


def read_network(reader: Reader, node: Node | None) -> tuple[list[Quantity], list[Written]]:
    """What dense layers stand for: their quantities, and their equations."""
    content = reader.mapping(node, "a network", "its input, target, layers and loss", NETWORK_KEYS)
    if isinstance(node, Mapping):
        for key in NETWORK_KEYS:
            if key not in node.items:
                reader.missing(node, key)
    layers = _layers(reader, content.items.get("layers"))
    generated = {"L": "the loss"}
    for k in range(1, len(layers) + 1):
        for letter, meaning in zip("Wbza", ("weights", "bias", "weighted sum", "activation"), strict=True):
            generated[f"{letter}{k}"] = f"the {meaning} of layer {k}"
    x = _end(reader, content.items.get("input"), "input", generated)
    y = _end(reader, content.items.get("target"), "target", generated)
    if 2 * len(layers) >= MAX_EQUATIONS:
        reader.say(layers[(MAX_EQUATIONS - 1) // 2], f"the network has {len(layers):,} layers", "use at most 499")
        return [], []

    quantities = [quantity for _, quantity in (x, y) if quantity]
    written: list[Written] = []
    below, feeds = x[0], "the input gives"
    width: int | None = None
    batch: Shape | None = None
    if x[1] and len(x[1].shape) not in (1, 2):
        reader.say(
            x[1].where,
            f"the input is {shape_in_words(x[1].shape)}; it must be a vector, or a matrix with one example a column",
            f"write [{x[1].texts[0]}]" if not x[1].shape else "",
        )
    elif x[1]:
        width, batch = x[1].shape[0], x[1].shape[1:]
    for k, layer in enumerate(layers, 1):
        place = reader.place(layer)
        z, a = f"z{k}", f"a{k}"
        read = _layer(reader, layer, k, width, feeds)
        quantities += read
        # one that cannot be read has a name all the same, so that it is reported once and not where it is used
        reader.names |= {f"W{k}": ("parameter", place), f"b{k}": ("given", place)}
        reader.names |= {quantity.name: (quantity.role, quantity.where) for quantity in read}
        reader.names |= {z: ("equation", place), a: ("equation", place)}
        bias = f" + b{k}" if "bias" in layer.items else ""
        written.append(Written(z, f"W{k} @ {below}{bias}" if below else "", place))
        written.append(Written(a, _applied(reader, layer.items.get("activation"), ACTIVATIONS, (z,)), place))
        below, feeds = a, f"layer {k} gives"
        weights = next((quantity for quantity in read if quantity.name == f"W{k}"), None)
        width = weights.shape[0] if weights and len(weights.shape) == 2 else None
    shape = (width, *batch) if layers and width and batch is not None else None
    if y[1] and shape and y[1].shape != shape:
        target, output = shape_in_words(y[1].shape), shape_in_words(shape)
        reader.say(
            y[1].where,
            f"the target {y[0]!r} is {target}, but layer {len(layers)} gives {output}",
            "give one target for each output" + (" and example" if len(shape) > 1 else ""),
        )
    loss = content.items.get("loss")
    if loss is not None:
        reader.names["L"] = ("equation", reader.place(loss))
        text = _applied(reader, loss, LOSSES, (below, y[0]))
        written.append(Written("L", text if below and y[0] else "", reader.place(loss)))
    return quantities, written


def _layers(reader: Reader, node: Node | None) -> list[Mapping]:
    if node is None:
        return []
    if not isinstance(node, Sequence):
        reader.odd(node, "a list of layers", f"write [{LAYER}]")
        return []
    if not node.items:
        reader.say(node, "the network has no layers", "write at least one")
    return [reader.mapping(layer, "a layer", LAYER, LAYER_KEYS) for layer in node.items]


def _end(reader: Reader, node: Node | None, end: str, generated: dict[str, str]) -> tuple[str, Quantity | None]:
    """The name and the values of the input or the target; '' where it has no name that can be used."""
    if node is None:
        return "", None
    if not isinstance(node, Mapping) or len(node.items) != 1:
        found = (
            (counted(len(node.items), "name") if node.items else "none")
            if isinstance(node, Mapping)
            else described(node)
        )
        mend = f"write {{{'x' if end == 'input' else 'y'}: [1, 0]}}"
        reader.say(node, f"expected one name and its values for the {end}, found {found}", mend)
        return "", None
    ((name, value),) = node.items.items()
    key = node.keys[name]
    reader.places[f"network.{end}"] = reader.place(key)
    if name in generated:
        reader.say(
            key, f"the {end} cannot be called {name!r}: the network has that name for {generated[name]}", "rename it"
        )
        name = ""
    else:
        reader.register(key, name, "given")
    return "" if name_fault(name) else name, reader.quantity(name or end, "given", value)


def _layer(reader: Reader, layer: Mapping, k: int, width: int | None, feeds: str) -> list[Quantity]:
    """The weights and the bias of layer `k`, their shapes checked against what feeds it."""
    for key in ("weights", "activation"):
        if key not in layer.items:
            reader.missing(layer, key)
    read = []
    trained = reader.boolean(layer.items.get("train_weights"), "train_weights")
    outputs = None
    node = layer.items.get("weights")
    if node is not None:
        weights = reader.quantity(f"W{k}", "parameter" if trained else "given", node)
        if weights:
            read.append(weights)
            if len(weights.shape) != 2:
                reader.say(
                    node,
                    f"layer {k}: the weights are {shape_in_words(weights.shape)}, not a matrix of outputs by inputs",
                    "write one row for each output, such as [[1, 2]]",
                )
            else:
                outputs = weights.shape[0]
                if width and weights.shape[1] != width:
                    turned = weights.shape[0] == width
                    reader.say(
                        node,
                        f"layer {k}: the weights are {shape_in_words(weights.shape)} (outputs by inputs), "
                        f"but {feeds} {counted(width)}",
                        "transpose them" if turned else f"give each row {counted(width)}",
                    )
    trained = reader.boolean(layer.items.get("train_bias"), "train_bias")
    node = layer.items.get("bias")
    if node is None:
        if "train_bias" in layer.items:
            reader.say(layer.keys["train_bias"], f"layer {k} has no bias to train", "remove 'train_bias'")
        return read
    bias = reader.quantity(f"b{k}", "parameter" if trained else "given", node)
    if bias:
        read.append(bias)
        if bias.shape and outputs is not None and bias.shape != (outputs,):
            reader.say(
                node,
                f"layer {k}: the bias is {shape_in_words(bias.shape)}, but the weights have {counted(outputs, 'row')}",
                "give one number for each row, or one for the whole layer",
            )
        elif len(bias.shape) > 1 and outputs is None:
            reader.say(node, f"layer {k}: the bias is {shape_in_words(bias.shape)}; it must be a vector or a number")
    return read


def _applied(
    reader: Reader, node: Node | None, table: Table[Activation] | Table[Loss], operands: tuple[str, ...]
) -> str:
    """A table's function applied to operands and the author's parameters, as text; '' where that is reported."""
    if node is None:
        return ""
    settings: Mapping | None = None
    key: Node = node
    if isinstance(node, Mapping) and len(node.items) == 1:
        ((name, value),) = node.items.items()
        key = node.keys[name]
        settings = reader.mapping(value, f"the parameters of {short(name)!r} by name", "{} for none")
    elif isinstance(node, Scalar) and yamlfile.value(node) is not None:
        name = node.text
    else:
        reader.odd(node, f"{article(table.kind)} {table.kind}", "write its name, or {name: {parameter: number}}")
        return ""
    if name not in table:
        reader.say(key, f"unknown {table.kind} {short(name)!r}", suggest(name, table_names(table)))
        return ""
    entry = table[name]
    known = [parameter for parameter, _ in entry.parameters]
    given: dict[str, str] = {}
    for parameter, value in settings.items.items() if settings else ():
        if parameter not in known:
            reader.say(
                settings.keys[parameter] if settings else key,
                f"{name!r} has no parameter {short(parameter)!r}",
                suggest(parameter, known) or "it takes none",
            )
        elif reader.number(value, f"{parameter!r} of {name!r}") is not None:
            given[parameter] = typed(value)
    arguments = list(operands)
    last = max((known.index(parameter) for parameter in given), default=-1)
    for parameter, default in entry.parameters[: last + 1]:
        arguments.append(given.get(parameter, default))
    for parameter, default in entry.parameters:
        if not default and parameter not in given:
            reader.say(key, f"{name!r} needs its parameter {parameter!r}", f"write {{{name}: {{{parameter}: 0.1}}}}")
            return ""
    function = name if NAME.fullmatch(name) else entry.name
    return f"{function}({', '.join(arguments)})"
