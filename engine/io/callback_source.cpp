// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "engine/io/crs_wkt.h"
#include "tuban/error.h"
#include "tuban/io.h"

namespace tuban {
namespace {

using ReadWindow = std::function<void(const Window&, const PixelBuffer&)>;

class CallbackReader final : public Reader {
 public:
  explicit CallbackReader(std::shared_ptr<const ReadWindow> read) : read_(std::move(read)) {}
  void read(const Window& window, const PixelBuffer& into) override { (*read_)(window, into); }

 private:
  std::shared_ptr<const ReadWindow> read_;
};

class CallbackSource final : public Source {
 public:
  CallbackSource(const SourceInfo& info, ReadWindow read)
      : info_(info), read_(std::make_shared<const ReadWindow>(std::move(read))) {
    if (info_.id.empty()) info_.id = info_.name;
    info_.grid.crs = wkt2_of(info.grid.crs, info.name);
    for (std::size_t b = 0; b < info_.bands.size(); ++b)
      if (info_.bands[b].name.empty()) info_.bands[b].name = fmt::format("band {}", b + 1);
  }
  const SourceInfo& info() const noexcept override { return info_; }
  std::unique_ptr<Reader> open() const override { return std::make_unique<CallbackReader>(read_); }

 private:
  SourceInfo info_;
  std::shared_ptr<const ReadWindow> read_;
};

}  // namespace

std::shared_ptr<const Source> wrap_callback(const SourceInfo& info, ReadWindow read) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::usage, fmt::format("the source \"{}\" of a callback {}", info.name, what));
  };
  if (info.name.empty()) refuse("has no name; the name stands for it in patch ids");
  if (!read) refuse("has no function that reads");
  if (info.bands.empty()) refuse("has no bands");
  if (info.grid.width < 1 || info.grid.height < 1)
    refuse(fmt::format("is {} x {} pixels; expected 1 x 1 or more", info.grid.width, info.grid.height));
  if (info.block_width < 1 || info.block_height < 1)
    refuse(fmt::format("has blocks of {} x {}; expected 1 x 1 or more", info.block_width, info.block_height));
  if (info.max_readers < 1)
    refuse(fmt::format("allows {} readers at once; expected 1 or more", info.max_readers));
  return std::make_shared<CallbackSource>(info, std::move(read));
}

}  // namespace tuban
