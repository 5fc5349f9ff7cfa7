# Writes OUTPUT with the hash of SOURCES: compiled kernels that are kept on disk belong to the very emitters that made
# them.
set(all "")
foreach(source ${SOURCES})
  file(SHA256 ${source} hash)
  string(APPEND all ${hash})
endforeach()
string(SHA256 revision "${all}")
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define VEOMNI_CODEGEN_REVISION \"${revision}\"\n")
