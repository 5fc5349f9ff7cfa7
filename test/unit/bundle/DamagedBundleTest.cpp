// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading a damaged or hostile bundle ends with a diagnostic that names the file, whatever was done to it.
#include "mlir/Parser/Parser.h"
#include "veomni/Bundle/Bundle.h"
#include "veomni/Dialect/Program/Program.h"
#include "veomni/runtime/BundleFormat.h"
#include "veomni/schema/bundle_generated.h"
#include "llvm/Support/xxhash.h"
#include <functional>
#include <gtest/gtest.h>

using namespace mlir;
using namespace veomni;
using bundle_format::Header;

namespace {
constexpr const char *program = R"mlir(
module attributes {veomni_rt.metadata = {model_type = "llama"}} {
  veomni_rt.symbol @seq = axis range(1, 64)
  veomni_rt.symbol @rows = derived(ceildiv(seq * 4 + 3, 2))
  veomni_rt.symbol @expert = loop
  veomni_rt.entry "forward" runs @f params(0) {
    veomni_rt.input "x" : !veomni_rt.buffer<[seq] x i64> range(0, 9) below(seq + 1)
    veomni_rt.output "y" : !veomni_rt.buffer<[seq, 64] x f32>
  }
  veomni_rt.state @kept : !veomni_rt.buffer<[4, 2] x f32>
  veomni_rt.weight "v" : !veomni_rt.buffer<[32, 4] x bf16, tiles = [32, 2]>
      = [load("v", [4, 32], f32), transpose, cast(bf16), pack([32, 2])]
  veomni_rt.weight "w" : !veomni_rt.buffer<[32, 4] x bf16, tiles = [32, 2]>
      = [load("w", [32, 2], bf16), load("u", [32, 2], bf16), concat(2, dim = 1), pack([32, 2])]
  veomni_rt.executable @code [{target = "cpu", level = "x86-64-v3", features = ["avx2"],
      data = dense_resource<code> : tensor<5xi8>}]
  veomni_rt.kernel @k in @code (read !veomni_rt.buffer<[seq] x i64>, write !veomni_rt.buffer<[seq, 64] x f32>)
      scalars(1)
  veomni_rt.func @f(%x: !veomni_rt.buffer<[seq] x i64> read "x", %y: !veomni_rt.buffer<[seq, 64] x f32> write "y")
      params(2) slots(1) {
    %kept = veomni_rt.use_state @kept : !veomni_rt.buffer<[4, 2] x f32>
    %s = veomni_rt.slot 0 : !veomni_rt.buffer<[seq, 4, 16] x f32, row_rank = 2>
    %v = veomni_rt.view %s : !veomni_rt.buffer<[seq, 4, 16] x f32, row_rank = 2> as !veomni_rt.buffer<[seq, 64] x f32>
    veomni_rt.dispatch @k workgroups(ceildiv(seq, 16), 2) (%x, %v : !veomni_rt.buffer<[seq] x i64>,
        !veomni_rt.buffer<[seq, 64] x f32>) scalars(seq)
    veomni_rt.dispatch @k workgroups(rows) (%x, %y : !veomni_rt.buffer<[seq] x i64>, !veomni_rt.buffer<[seq, 64] x f32>)
        scalars(seq)
    veomni_rt.call @g params(1) at "layers.0" () loc("model.layers.0")
    veomni_rt.loop @expert to 2 do @g params(0) stride(1) ()
    veomni_rt.return
  }
  veomni_rt.func @g() params(1) slots(0) {
    %w = veomni_rt.param 0 : !veomni_rt.buffer<[32, 4] x bf16, tiles = [32, 2]>
    veomni_rt.return
  }
}
{-# dialect_resources: { builtin: { code: "0x400000000102030405" } } #-}
)mlir";

class DamagedBundle : public ::testing::Test {
protected:
  void SetUp() override {
    context.loadDialect<rt::ProgramDialect>();
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(program, &context);
    ASSERT_TRUE(module);
    llvm::raw_string_ostream stream(good);
    ASSERT_TRUE(succeeded(writeBundle(*module, stream)));
  }

  Header header() const {
    Header header;
    std::memcpy(&header, good.data(), sizeof header);
    return header;
  }

  /// Reads `bytes` in a context of its own; what it had to say is in `messages`.
  bool reads(const std::string &bytes) {
    MLIRContext fresh(MLIRContext::Threading::DISABLED);
    return reads(bytes, fresh);
  }
  bool reads(const std::string &bytes, MLIRContext &into) {
    messages.clear();
    ScopedDiagnosticHandler handler(&into, [&](Diagnostic &diagnostic) {
      llvm::raw_string_ostream(messages) << diagnostic.getLocation() << " " << diagnostic.str() << "\n";
      return success();
    });
    return readBundle(bytes, &into, "m.vob").get() != nullptr;
  }
  /// That reading fails and says `message` about the file.
  void expectError(const std::string &bytes, const std::string &message) {
    EXPECT_FALSE(reads(bytes));
    EXPECT_NE(messages.find(message), std::string::npos) << messages;
    EXPECT_NE(messages.find("m.vob"), std::string::npos) << messages;
  }

  /// Makes digest and size fit again, as whoever means harm would.
  static void sign(std::string &bytes) {
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    llvm::XXH128_hash_t digest = llvm::xxh3_128bits(
        {reinterpret_cast<const uint8_t *>(bytes.data()) + bundle_format::metadataOffset, header.metadataSize});
    header.digestLow = digest.low64;
    header.digestHigh = digest.high64;
    std::memcpy(bytes.data(), &header, sizeof header);
  }
  /// A file of the program's tables, changed by `change`, that is sound otherwise.
  std::string withChange(const std::function<void(bundle::BundleT &)> &change) {
    std::unique_ptr<bundle::BundleT> tables = bundle::UnPackBundle(good.data() + bundle_format::metadataOffset);
    bundle::Segment &segment = *tables->executables[0]->variants[0]->segment;
    const std::string code = good.substr(segment.offset(), segment.size());
    // Far enough behind the metadata, however these grow.
    const uint64_t codeOffset = bundle_format::align(2 * good.size());
    segment = bundle::Segment(codeOffset, code.size(), segment.digest_low(), segment.digest_high());
    change(*tables);
    flatbuffers::FlatBufferBuilder builder;
    bundle::FinishBundleBuffer(builder, bundle::Bundle::Pack(builder, tables.get()));
    std::string file(reinterpret_cast<const char *>(builder.GetBufferPointer()), builder.GetSize());
    Header changed = header();
    changed.metadataSize = file.size();
    changed.fileSize = codeOffset + code.size();
    file.insert(0, reinterpret_cast<const char *>(&changed), sizeof changed);
    EXPECT_LE(file.size(), codeOffset);
    file.resize(codeOffset);
    file += code;
    sign(file);
    return file;
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  std::string good, messages;
};
} // namespace

TEST_F(DamagedBundle, ReadsWhenNotDamaged) {
  EXPECT_TRUE(reads(good)) << messages;
  EXPECT_TRUE(reads(withChange([](bundle::BundleT &) {}))) << messages;
}

TEST_F(DamagedBundle, SaysWhatIsWrongWithTheFile) {
  expectError("", "file size is 0, expected at least 64");
  expectError(good.substr(0, 63), "file size is 63, expected at least 64");
  expectError(good.substr(0, good.size() - 1), "expected " + std::to_string(good.size()) + " as its header says");
  expectError(good + "x", "as its header says");
  auto with = [&](size_t offset, char byte) {
    std::string bytes = good;
    bytes[offset] = byte;
    return bytes;
  };
  expectError(with(0, 'X'), "does not start with VEOMNIB");
  expectError(with(8, 2), "bundle format version is 2, expected 1; compile the model again");
  expectError(with(12, 1), "reserved bytes of the header are not 0");
  expectError(with(63, 1), "reserved bytes of the header are not 0");
  expectError(with(23, 1), "metadata size is");
  expectError(with(32, char(good[32] + 1)), "metadata digest does not match; the file is damaged");
  expectError(with(100, char(good[100] + 1)), "metadata digest does not match; the file is damaged");
  expectError(with(good.size() - 1, 0), "does not match; the file is damaged");
  std::string anonymous = with(bundle_format::metadataOffset + 4, 'X');
  sign(anonymous);
  expectError(anonymous, "metadata is not a bundle flatbuffer (identifier VOB1)");
  std::string crooked = with(bundle_format::metadataOffset + 3, 0x7f);
  sign(crooked);
  expectError(crooked, "not a well-formed flatbuffer");
}

TEST_F(DamagedBundle, ListsThatAreNotAlignedAreRefused) {
  // A list of sizes begins elsewhere than its offset says. Most of such lists are not sound, and some are but for where
  // they lie, which the flatbuffers library does not look at.
  unsigned refused = 0;
  const uint64_t end = bundle_format::metadataOffset + header().metadataSize;
  for (size_t at = bundle_format::metadataOffset; at + 4 <= end; at += 4) {
    std::string bytes = good;
    uint32_t offset;
    std::memcpy(&offset, bytes.data() + at, sizeof offset);
    if (offset == 0 || offset >= header().metadataSize)
      continue;
    offset += 4;
    std::memcpy(bytes.data() + at, &offset, sizeof offset);
    sign(bytes);
    (void)reads(bytes);
    refused += messages.find("not aligned") != std::string::npos;
  }
  EXPECT_GT(refused, 0u);
}

TEST_F(DamagedBundle, SaysWhatIsWrongWithTheProgram) {
  using namespace bundle;
  auto expectChangeError = [&](const std::function<void(BundleT &)> &change, const std::string &message) {
    expectError(withChange(change), message);
  };
  expectChangeError([](BundleT &b) { b.required_features |= uint64_t(1) << 40; },
                    "required_features: needs feature (bit 40), which this runtime does not know; use a newer runtime");
  expectChangeError(
      [](BundleT &b) {
        b.required_features |= uint64_t(1) << 40;
        b.required_feature_names.push_back("warp drive");
      },
      "required_features: needs feature \"warp drive\" (bit 40), which this runtime does not know; use a newer "
      "runtime");
  expectChangeError([](BundleT &b) { b.symbols[1]->extent->terms[0]->factors[0] = Dim(0, 7); },
                    "symbol 1 \"rows\": symbol 7 is not defined before this use, 1 are");
  expectChangeError([](BundleT &b) { b.symbols[1]->extent->terms[0]->factors.resize(40, Dim(0, 0)); },
                    "symbol 1 \"rows\": 40 factors, expected at most 32");
  expectChangeError([](BundleT &b) { b.entries[0]->function = 9; }, "entry \"forward\": is function 9 of 2");
  expectChangeError([](BundleT &b) { b.entries[0]->param_base = 1; },
                    "entry \"forward\": uses weights from 1, 2 of them, the program has 2");
  expectChangeError([](BundleT &b) { b.entries[0]->name = ""; }, "entry \"\": has no name");
  expectChangeError(
      [](BundleT &b) { b.entries[0]->inputs[0]->given = 7; },
      "entry \"forward\", input 0 \"x\": symbol 7 is to tell whether it was given, but is not of kind given");
  expectChangeError(
      [](BundleT &b) { b.entries[0]->inputs[0]->given = 0; },
      "entry \"forward\", input 0 \"x\": symbol 0 is to tell whether it was given, but is not of kind given");
  expectChangeError([](BundleT &b) { b.entries[0]->inputs[0]->below->divisor = 0; },
                    "entry \"forward\", input 0 \"x\", bound: divisor is 0, expected at least 1");
  expectChangeError([](BundleT &b) { b.symbols[0]->kind = SymbolKind::input_dim; },
                    "symbol 0 \"seq\": is of kind input_dim in a bundle with entries, expected axis or given");
  expectChangeError([](BundleT &b) { b.states[0]->type->dims[0] = Dim(0, 0); },
                    "state 0 \"kept\": has sizes that are not constant: f32[seq, 2]");
  expectChangeError([](BundleT &b) { b.functions[0]->values[2]->index = 1; },
                    "function 0 \"f\", value 2: state 1 of 1");
  expectChangeError([](BundleT &b) { b.metadata.push_back(std::make_unique<KeyValueT>(*b.metadata[0])); },
                    "metadata 1 \"model_type\": another entry has this key");
  expectChangeError([](BundleT &b) { b.symbols[0]->kind = SymbolKind(9); }, "symbol 0 \"seq\": kind 9 is unknown");
  expectChangeError([](BundleT &b) { b.symbols[1]->extent->factors[0] = Dim(0, 7); },
                    "symbol 1 \"rows\": symbol 7 is not defined before this use, 1 are");
  expectChangeError([](BundleT &b) { b.symbols[1]->extent->factors[0] = Dim(0, 1); },
                    "symbol 1 \"rows\": symbol 1 is not defined before this use, 1 are");
  expectChangeError([](BundleT &b) { b.symbols[1]->extent->divisor = 0; },
                    "symbol 1 \"rows\": divisor is 0, expected at least 1");
  expectChangeError([](BundleT &b) { b.symbols[1]->extent.reset(); }, "has no extent");
  expectChangeError([](BundleT &b) { b.symbols[1]->name = "seq"; }, "redefinition of symbol named 'seq'");
  expectChangeError([](BundleT &b) { b.symbols[0]->name = ""; }, "has an empty name");
  expectChangeError([](BundleT &b) { b.entries[0]->inputs[0]->type->dtype = DType(77); },
                    "entry \"forward\", input 0 \"x\": dtype 77 is unknown");
  expectChangeError([](BundleT &b) { b.entries[0]->inputs[0]->type->layout = Layout(77); },
                    "entry \"forward\", input 0 \"x\": layout 77 is unknown");
  expectChangeError([](BundleT &b) { b.entries[0]->inputs[0]->default_value = InputDefault(77); },
                    "entry \"forward\", input 0 \"x\": default 77 is unknown");
  expectChangeError([](BundleT &b) { b.entries[0]->outputs[0]->type->row_rank = 3; },
                    "entry \"forward\", output 0 \"y\": row_rank is 3, the buffer has rank 2");
  expectChangeError([](BundleT &b) { b.entries[0]->outputs[0]->type->row_stride = -1; },
                    "entry \"forward\", output 0 \"y\": row_stride is -1, expected 0 or more");
  expectChangeError([](BundleT &b) { b.weights[0]->steps[0]->kind = StepKind(77); },
                    "weight 0 \"v\": recipe step 0: kind 77 is unknown");
  expectChangeError([](BundleT &b) { b.weights[0]->steps[0]->dtype = DType(77); },
                    "weight 0 \"v\": recipe step 0: dtype 77 is unknown");
  expectChangeError([](BundleT &b) { b.weights[0]->steps[0]->key = ""; },
                    "weight 0 \"v\": recipe step 0: load names no tensor");
  expectChangeError([](BundleT &b) { b.weights[0]->steps.clear(); }, "recipe ends with 0 values, expected 1");
  expectChangeError([](BundleT &b) { b.weights[0]->steps[0]->dims[0] = 5; }, "recipe makes");
  expectChangeError([](BundleT &b) { b.executables[0]->variants[0]->segment.reset(); },
                    "executable 0 \"code\", variant \"x86-64-v3\": has no code");
  expectChangeError([](BundleT &b) { *b.executables[0]->variants[0]->segment = Segment(63, 1, 0, 0); },
                    "executable 0 \"code\", variant \"x86-64-v3\": code offset 63 is not a multiple of 64");
  expectChangeError([](BundleT &b) { *b.executables[0]->variants[0]->segment = Segment(64, ~uint64_t(0), 0, 0); },
                    "executable 0 \"code\", variant \"x86-64-v3\": code of 18446744073709551615 bytes at 64 lies "
                    "outside of");
  expectChangeError([](BundleT &b) { *b.executables[0]->variants[0]->segment = Segment(~uint64_t(63), 1, 0, 0); },
                    "executable 0 \"code\", variant \"x86-64-v3\": code of 1 bytes at 18446744073709551552 lies "
                    "outside of");
  expectChangeError([](BundleT &b) { b.kernels[0]->executable = 3; },
                    "kernel 0 \"k\": executable is 3, the program has 1");
  expectChangeError([](BundleT &b) { b.kernels[0]->operands[0]->access = Access(77); },
                    "kernel 0 \"k\", operand 0: access 77 is unknown");
  expectChangeError([](BundleT &b) { b.kernels[0]->scalar_count = 3; },
                    "function 0 \"f\", instruction 0 (dispatch of \"k\"): 1 scalars, expected 3");
  FunctionT *f = nullptr;
  auto expectFunctionError = [&](const std::function<void()> &change, const std::string &message) {
    expectChangeError(
        [&](BundleT &b) {
          f = b.functions[0].get();
          change();
        },
        message);
  };
  expectFunctionError([&] { f->arguments[0]->access = Access(77); },
                      "function 0 \"f\", argument 0: access 77 is unknown");
  expectFunctionError([&] { f->values.clear(); }, "function 0 \"f\": slot_count is 1 for 0 values");
  expectFunctionError([&] { f->values[0]->storage = Storage(77); }, "function 0 \"f\", value 0: storage 77 is unknown");
  expectFunctionError([&] { f->values[0]->index = 1; },
                      "function 0 \"f\", value 0: is i64[seq], argument 1 is f32[seq, 64]");
  expectFunctionError([&] { f->values[3]->storage = Storage::argument; },
                      "function 0 \"f\", value 3: is f32[seq, 4, 16], argument 0 is i64[seq]");
  expectFunctionError([&] { std::swap(f->values[0]->type, f->values[1]->type); },
                      "function 0 \"f\", value 0: is f32[seq, 64], argument 0 is i64[seq]");
  expectFunctionError([&] { f->values[3]->index = 1; }, "function 0 \"f\", value 3: slot 1 of 1");
  expectFunctionError([&] { f->values[4]->index = 4; }, "function 0 \"f\", value 4: view 4 of 4");
  expectFunctionError([&] { f->instructions[0]->action.AsDispatch()->kernel = 1; },
                      "function 0 \"f\", instruction 0: kernel is 1, the program has 1");
  expectFunctionError([&] { f->instructions[0]->action.AsDispatch()->operands[0] = 99; },
                      "function 0 \"f\", instruction 0 (dispatch of \"k\"): operand 0 is value 99 of 5");
  expectFunctionError([&] { f->instructions[0]->action.AsDispatch()->workgroups.clear(); }, "has 0 workgroup counts");
  expectFunctionError([&] { f->instructions[2]->action.AsCall()->callee = 2; },
                      "function 0 \"f\", instruction 2: callee is 2, the program has 2 functions");
  expectFunctionError([&] { f->instructions[2]->action.AsCall()->callee = 0; },
                      "function 0 \"f\", instruction 2 (call of \"f\"): 0 operands, expected 2");
  expectFunctionError([&] { f->instructions[2]->action.AsCall()->param_base = 2; },
                      "function 0 \"f\", instruction 2 (call of \"g\"): uses params from 2, 1 for each of 1 runs, but "
                      "the caller has 2");
  expectFunctionError([&] { f->instructions[3]->action.AsLoop()->symbol = 5; },
                      "function 0 \"f\", instruction 3: loop symbol is 5, the program has 3");
  expectFunctionError([&] { f->instructions[3]->action.AsLoop()->callee = 5; },
                      "function 0 \"f\", instruction 3: callee is 5, the program has 2 functions");
  expectFunctionError([&] { f->instructions[3]->action.AsLoop()->count.reset(); },
                      "function 0 \"f\", instruction 3: loop has no count");
}

TEST_F(DamagedBundle, ReadsBundlesOfBeforeEntries) {
  using namespace bundle;
  auto old = [](BundleT &b) {
    b.required_features &= ~bundle_format::entries;
    b.required_feature_names.clear();
    b.inputs = std::move(b.entries[0]->inputs);
    b.outputs = std::move(b.entries[0]->outputs);
    b.entries.clear();
    b.symbols[0]->kind = SymbolKind::input_dim;
  };
  std::string bytes = withChange(old);
  MLIRContext into(MLIRContext::Threading::DISABLED);
  OwningOpRef<ModuleOp> module = readBundle(bytes, &into, "m.vob");
  ASSERT_TRUE(module);
  auto entries = llvm::to_vector(module->getOps<rt::EntryOp>());
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].getName(), "f"); // as its function
  EXPECT_EQ(llvm::range_size(entries[0].getInputs()), 1u);
  auto oldWith = [&](const std::function<void(BundleT &)> &change) {
    return withChange([&](BundleT &b) {
      old(b);
      change(b);
    });
  };
  expectError(oldWith([](BundleT &b) { b.entry = 9; }), "entry: is function 9 of 2");
  expectError(oldWith([](BundleT &b) { b.symbols[0]->input = 3; }),
              "symbol 0 \"seq\": input is 3, the program has 1 inputs");
  expectError(oldWith([](BundleT &b) { b.symbols[0]->dim = 1; }), "symbol 0 \"seq\": dim is 1, input \"x\" has rank 1");
}

TEST_F(DamagedBundle, SurvivesAnyChangedByte) {
  MLIRContext into(MLIRContext::Threading::DISABLED);
  const uint64_t end = bundle_format::metadataOffset + header().metadataSize;
  size_t refused = 0;
  for (uint64_t offset = bundle_format::metadataOffset; offset < end; ++offset)
    for (uint8_t change : {0x01, 0x04, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[offset] = char(uint8_t(bytes[offset]) ^ change);
      sign(bytes);
      bool isRead = reads(bytes, into);
      refused += !isRead;
      ASSERT_EQ(isRead, messages.empty()) << "byte " << offset << " changed by " << int(change) << ": " << messages;
    }
  // Names, keys and unused padding may change without harm, most else may not.
  EXPECT_GT(refused, size_t(end));
}
