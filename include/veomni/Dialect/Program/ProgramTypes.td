// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef VEOMNI_DIALECT_PROGRAM_PROGRAMTYPES_TD
#define VEOMNI_DIALECT_PROGRAM_PROGRAMTYPES_TD

include "veomni/Dialect/Program/ProgramDialect.td"

def Program_BufferType : TypeDef<Program_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "memory that holds an array";
  let description = [{
    `!veomni_rt.buffer<[dims] x dtype (, row_rank = R)? (, row_stride = S)? (, tiles = [R, C])?>`

    A dim is a constant or the name of a `veomni_rt.symbol`. A *row* is the last `row_rank` dims (1 unless said, 0 for a
    scalar); its elements are contiguous, and rows start every `row_stride` elements (unless said, the product of the
    row's dims). `row_rank` and `row_stride` each print only where they differ from that. `tiles = [R, C]`
    is the layout that products read: matrices [..., N, K], the last two dims, lie in tiles of R rows and C columns,
    each row-major, those of R rows one after the other, N and K padded with zeros to whole tiles:
    [..., N / R, K / C, R, C].

    Example:
    ```mlir
    !veomni_rt.buffer<[batch, seq, 64] x f32>
    !veomni_rt.buffer<[batch, seq, 4, 16] x bf16, row_rank = 2, row_stride = 96>
    !veomni_rt.buffer<[151, 64] x bf16, tiles = [32, 2]>
    ```

    Constraints:
    - the element type is one of f32, bf16, f16, f64, f8E4M3FN, i64, i32, i8, ui8, i1;
    - there are at most 16 dims; constant dims are at least 1 and multiply, with the gaps between rows, to at most 2^48
      elements;
    - `row_rank` lies in [1, rank], and is 0 only for a scalar;
    - `row_stride` is at least the product of the row's dims, and is given only where these are constants;
    - `tiles` have 1 to 1024 rows and columns, and are of two constant last dims, with neither `row_rank` nor
      `row_stride`.
  }];
  let parameters = (ins ArrayRefParameter<"Dim">:$dims, "::mlir::Type":$elementType, "unsigned":$rowRank,
                        "int64_t":$rowStride, "Tile":$tile);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let skipDefaultBuilders = 1;
  // `rowStride` 0 asks for dense rows. A row rank given for a scalar is dropped, so that generic code needs no special
  // case.
  let builders = [TypeBuilder<(ins "::llvm::ArrayRef<Dim>":$dims, "::mlir::Type":$elementType,
                                   CArg<"unsigned", "1">:$rowRank,
                                   CArg<"int64_t", "0">:$rowStride, CArg<"Tile", "{}">:$tile), [{
    if (dims.empty())
      rowRank = 0;
    if (rowStride == 0)
      rowStride = getDenseRowStride(dims, rowRank);
    return $_get($_ctxt, dims, elementType, rowRank, rowStride, tile);
  }]>];
  let extraClassDeclaration = [{
    /// Product of the last `rowRank` dims; 0 where one of them is a symbol.
    static int64_t getDenseRowStride(::llvm::ArrayRef<Dim> dims, unsigned rowRank);
    unsigned getRank() const { return getDims().size(); }
    /// Dims before the row; their product is the number of rows.
    ::llvm::ArrayRef<Dim> getLeadingDims() const { return getDims().drop_back(getRowRank()); }
    ::llvm::ArrayRef<Dim> getRowDims() const { return getDims().take_back(getRowRank()); }
    bool hasStaticShape() const { return ::llvm::all_of(getDims(), [](Dim dim) { return dim.isConstant(); }); }
    /// Whether rows follow one another without a gap.
    bool isDense() const { return getRowStride() == getDenseRowStride(getDims(), getRowRank()); }
    /// Number of rows.
    ExtentAttr getRows() const;
    /// Elements of memory, gaps between rows and padding of tiles included.
    ExtentAttr getElements() const;
    /// Bytes of memory, gaps between rows and padding of tiles included.
    ExtentAttr getBytes() const;
    /// Bytes of one element; 0 for a type that buffers cannot hold.
    static unsigned getElementBytes(::mlir::Type elementType);
  }];
}

#endif // VEOMNI_DIALECT_PROGRAM_PROGRAMTYPES_TD
