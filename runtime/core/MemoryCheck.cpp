// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mappings, their protection, and the report of a fault, which is written from a signal handler and so calls nothing
// but `write`.
#include "core/MemoryCheck.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

namespace veomni {
namespace {

// Far enough that an index which is wrong by a row or a matrix still meets the guard; it takes addresses, not memory.
constexpr uint64_t guardSize = uint64_t(16) << 20;

uint64_t pageSize() { return uint64_t(::sysconf(_SC_PAGESIZE)); }

// What the handler of a fault reads. Written by the thread that walks the instructions, before it lets the others run.
struct FaultRecord {
  const char *where; // null: no dispatch runs
  const MemoryCheck::Region *const *operands;
  size_t operandCount;
  const MemoryCheck::Region *const *all;
  size_t allCount;
};
FaultRecord record;

class Report {
public:
  void add(const char *text) {
    while (*text && length_ < sizeof text_)
      text_[length_++] = *text++;
  }
  void add(uint64_t number) {
    char digits[20];
    size_t count = 0;
    do
      digits[count++] = char('0' + number % 10);
    while (number /= 10);
    while (count > 0 && length_ < sizeof text_)
      text_[length_++] = digits[--count];
  }
  void write() const {
    for (size_t done = 0; done < length_;) {
      ssize_t written = ::write(STDERR_FILENO, text_ + done, length_ - done);
      if (written <= 0)
        return;
      done += size_t(written);
    }
  }

private:
  char text_[2048];
  size_t length_ = 0;
};

bool holds(const MemoryCheck::Region &region, const std::byte *address) {
  return address >= region.mapping && address < region.mapping + region.mappingSize;
}

void describePlace(Report &report, const MemoryCheck::Region &region, const std::byte *address) {
  const std::byte *end = region.data + region.size;
  if (address < region.data) {
    report.add(uint64_t(region.data - address));
    report.add(" bytes before the start of ");
  } else if (address >= end) {
    report.add(uint64_t(address - end));
    report.add(" bytes past the end of ");
  } else {
    report.add("byte ");
    report.add(uint64_t(address - region.data));
    report.add(" of ");
  }
}

void reportFault(int signal, siginfo_t *info, void *context) {
  const auto *address = static_cast<const std::byte *>(info->si_addr);
  const char *verb = "touches ";
#if defined(__x86_64__)
  constexpr greg_t isWrite = 2;
  verb = static_cast<const ucontext_t *>(context)->uc_mcontext.gregs[REG_ERR] & isWrite ? "writes " : "reads ";
#endif
  Report report;
  report.add("veomni: error: memory check: ");
  report.add(record.where ? record.where : "the runtime itself");
  report.add(": ");
  report.add(verb);
  bool found = false;
  for (size_t i = 0; i < record.operandCount && !found; ++i)
    if (found = holds(*record.operands[i], address); found) {
      describePlace(report, *record.operands[i], address);
      report.add("operand ");
      report.add(uint64_t(i));
      report.add(", ");
      report.add(record.operands[i]->name.c_str());
      report.add(" of ");
      report.add(record.operands[i]->size);
      report.add(" bytes");
      if (address >= record.operands[i]->data && address < record.operands[i]->data + record.operands[i]->size)
        report.add(", which it may only read");
    }
  for (size_t i = 0; i < record.allCount && !found; ++i)
    if (found = holds(*record.all[i], address); found) {
      describePlace(report, *record.all[i], address);
      report.add(record.all[i]->name.c_str());
      report.add(", which is none of its operands");
    }
  if (!found)
    report.add(signal == SIGBUS || !address ? "at an address that the processor does not tell" : "memory of no buffer");
  report.add("\n");
  report.write();
  ::_exit(1);
}

struct sigaction previousSegv, previousBus;

} // namespace

std::unique_lock<std::mutex> MemoryCheck::takeTurn() {
  static std::mutex turn;
  return std::unique_lock(turn);
}

MemoryCheck::MemoryCheck(Placement placement, std::byte fill) : placement_(placement), fill_(fill) {
  struct sigaction action = {};
  action.sa_sigaction = reportFault;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGSEGV, &action, &previousSegv);
  ::sigaction(SIGBUS, &action, &previousBus);
}

MemoryCheck::~MemoryCheck() {
  ::sigaction(SIGSEGV, &previousSegv, nullptr);
  ::sigaction(SIGBUS, &previousBus, nullptr);
  for (auto &[data, region] : regions_)
    ::munmap(region->mapping, region->mappingSize);
}

Expected<MemoryCheck::Region *> MemoryCheck::allocate(std::string name, uint64_t size, uint64_t slack,
                                                      const void *contents) {
  const uint64_t page = pageSize();
  auto region = std::make_unique<Region>();
  region->name = std::move(name);
  region->size = size;
  region->slack = slack;
  region->pagesSize =
      (size + slack + page) / page * page; // at least one page, so that every buffer has an address of its own
  region->mappingSize = region->pagesSize + 2 * guardSize;
  void *mapping = ::mmap(nullptr, region->mappingSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED)
    return Status::error("memory check: cannot map " + std::to_string(region->mappingSize) + " bytes for " +
                         region->name + ": " + std::strerror(errno));
  region->mapping = static_cast<std::byte *>(mapping);
  region->pages = region->mapping + guardSize;
  // The slack's last byte is the last byte that can be read. Buffers are aligned to their elements there, as sizes are
  // multiples of these.
  region->data = placement_ == Placement::end ? region->pages + region->pagesSize - slack - size : region->pages;
  open(*region, Access::write);
  std::fill_n(region->pages, region->pagesSize, fill_);
  if (contents && size)
    std::memcpy(region->data, contents, size);
  close(*region);
  return (regions_[region->data] = std::move(region)).get();
}

void MemoryCheck::release(Region *region) {
  ::munmap(region->mapping, region->mappingSize);
  regions_.erase(region->data);
}

void MemoryCheck::open(const Region &region, Access access) {
  (void)::mprotect(region.pages, region.pagesSize, access == Access::write ? PROT_READ | PROT_WRITE : PROT_READ);
}

void MemoryCheck::close(const Region &region) { (void)::mprotect(region.pages, region.pagesSize, PROT_NONE); }

bool MemoryCheck::surroundingsAreIntact(const Region &region) const {
  auto isFill = [&](std::byte byte) { return byte == fill_; };
  return std::all_of(region.pages, region.data, isFill) &&
         std::all_of(region.data + region.size, region.pages + region.pagesSize, isFill);
}

Status MemoryCheck::dispatch(const std::string &where, std::span<const Operand> operands,
                             const std::function<void()> &execute) {
  std::vector<const Region *> of, all;
  std::map<const Region *, bool> opened; // and whether for writing
  for (const Operand &operand : operands) {
    of.push_back(regions_.at(operand.data).get());
    opened[of.back()] |= operand.written;
  }
  for (const auto &[data, region] : regions_)
    all.push_back(region.get());
  for (auto [region, written] : opened)
    open(*region, written ? Access::write : Access::read);
  record = {where.c_str(), of.data(), of.size(), all.data(), all.size()};
  execute();
  record = {};
  std::string problems;
  for (size_t i = 0; i < of.size(); ++i)
    if (operands[i].written && !surroundingsAreIntact(*of[i]))
      problems += (problems.empty() ? "" : "\n") + std::string("memory check: ") + where + ": writes beyond operand " +
                  std::to_string(i) + ", " + of[i]->name + " of " + std::to_string(of[i]->size) + " bytes";
  for (auto [region, written] : opened)
    close(*region);
  return problems.empty() ? Status::ok() : Status::error(problems);
}

} // namespace veomni
