// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What vision towers make of images and videos, as inputs of a decoder: rows for the places that a text keeps for them
// (transformers `get_placeholder_mask` and `masked_scatter`, `_deepstack_process`).
#include "DecoderBuilder.h"

using namespace mlir;

namespace veomni {

SmallVector<DecoderBuilder::VisionRows> DecoderBuilder::visionRows() const {
  SmallVector<VisionRows> rows;
  if (entries.front().images)
    rows.push_back({"image", *vision.imageToken});
  if (entries.front().videos)
    rows.push_back({"video", *vision.videoToken});
  return rows;
}

SmallVector<Port> DecoderBuilder::visionPorts() {
  SmallVector<Port> ports;
  auto interned = [&](const Twine &text) { return builder.getStringAttr(text).getValue(); };
  if (!visionRows().empty())
    ports.push_back({RankedTensorType::get({3, ShapedType::kDynamic, ShapedType::kDynamic}, builder.getI64Type()),
                     {"batch", "seq"},
                     "position_ids"});
  for (const VisionRows &rows : visionRows()) {
    Port port = tree.port({interned(rows.kind + "_rows")}, {config.hiddenSize}, builder.getF32Type());
    ports.push_back(port.named(interned(rows.kind + "_embeds")));
    for (int64_t layer = 0; layer < vision.deepstackLayers; ++layer)
      ports.push_back(port.named(interned(rows.kind + "_deepstack." + Twine(layer))));
  }
  return ports;
}

SmallVector<NamedAttrList> DecoderBuilder::visionAttributes(Attribute positions) {
  SmallVector<NamedAttrList> attributes;
  auto named = [&](StringRef name, StringRef key, Attribute value) {
    NamedAttrList list;
    list.set(VeOmniDialect::kName, builder.getStringAttr(name));
    list.set(key, value);
    attributes.push_back(std::move(list));
  };
  for (const Port &port : visionPorts()) {
    if (port.name == "position_ids")
      named(port.name, VeOmniDialect::kRange, positions);
    for (const VisionRows &rows : visionRows())
      if (port.name.starts_with(rows.kind))
        named(port.name, VeOmniDialect::kRowsOf,
              builder.getDictionaryAttr({builder.getNamedAttr("input", builder.getStringAttr("input_ids")),
                                         builder.getNamedAttr("value", builder.getI64IntegerAttr(rows.token))}));
  }
  return attributes;
}

Value DecoderBuilder::placeVisionRows(Value h, Value ids, ValueRange made, SmallVectorImpl<Deepstack> &deepstack) {
  size_t next = 1; // behind the positions
  for (const VisionRows &rows : visionRows()) {
    Location loc = builder.getUnknownLoc();
    Value places = TokenIndexOp::create(builder, loc, tokens({}, builder.getI32Type()).type, ids, rows.token);
    h = TakeRowsOp::create(builder, loc, h.getType(), made[next++], places, h);
    deepstack.push_back({places, made.slice(next, static_cast<size_t>(vision.deepstackLayers))});
    next += static_cast<size_t>(vision.deepstackLayers);
  }
  return h;
}

Value DecoderBuilder::addDeepstack(Value h, size_t layer, ArrayRef<Deepstack> deepstack) {
  for (const Deepstack &each : deepstack)
    if (layer < each.rows.size())
      h = tree.add(h, TakeRowsOp::create(builder, builder.getUnknownLoc(), h.getType(), each.rows[layer], each.places,
                                         /*otherwise=*/Value()));
  return h;
}

} // namespace veomni
