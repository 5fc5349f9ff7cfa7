// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A bundle's tables as JSON, for eyes and scripts.
#include "BundleSchema.h"
#include "OpenBundle.h"
#include "veomni/Bundle/Bundle.h"
#include <flatbuffers/idl.h>

using namespace mlir;
using namespace veomni;

LogicalResult veomni::writeBundleAsJson(StringRef bytes, MLIRContext *context, StringRef name, raw_ostream &output) {
  Location loc = FileLineColLoc::get(context, name, 0, 0);
  std::optional<Bundle> bundle = openBundle(bytes, name, loc);
  if (!bundle)
    return failure();
  flatbuffers::IDLOptions options;
  options.strict_json = true;
  options.output_default_scalars_in_json = true;
  flatbuffers::Parser parser(options);
  if (!parser.Parse(bundleSchema))
    return emitError(loc) << "cannot be described: " << parser.error_;
  std::string json;
  if (!flatbuffers::GenerateText(parser, bundle->metadataBytes().data(), &json))
    return emitError(loc) << "has metadata that is not valid UTF-8";
  output << json;
  return success();
}
