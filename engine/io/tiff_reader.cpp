// SPDX-License-Identifier: Apache-2.0
#include "engine/io/tiff_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gdal_priv.h>
#include <sys/stat.h>
#include <tiffio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>

#include "engine/io/deinterleave.h"
#include "tuban/error.h"

namespace tuban {
namespace {

// Stored rows are read in stretches that stay in the second-level cache until their bands are taken apart.
constexpr std::size_t kStretchBytes = 256'000;
// What libtiff and its decoders hold beside the blocks.
constexpr std::size_t kHandleBytes = 1'000'000;
constexpr std::size_t kIndexEntryBytes = 32;
constexpr std::size_t kMessageBytes = 500;

std::size_t size(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

int keep_error(TIFF* /*file*/, void* reasons, const char* /*module*/, const char* format, va_list values) {
  std::array<char, kMessageBytes> text{};
  std::vsnprintf(text.data(), text.size(), format, values);
  auto& reason = *static_cast<std::string*>(reasons);
  try {
    if (reason.empty()) reason = text.data();
  } catch (...) {  // out of memory while keeping a message: the call's own result still says that it failed
  }
  return 1;
}

int drop_warning(TIFF* /*file*/, void* /*unused*/, const char* /*module*/, const char* /*format*/,
                 va_list /*values*/) {
  return 1;
}

template <typename T>
T tag(TIFF* file, std::uint32_t name, T otherwise) {
  T value{};
  return TIFFGetFieldDefaulted(file, name, &value) ? value : otherwise;
}

std::optional<kernels::SampleType> sample_type(TIFF* file) {
  const auto bits = tag<std::uint16_t>(file, TIFFTAG_BITSPERSAMPLE, 1);
  switch (tag<std::uint16_t>(file, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT)) {
    case SAMPLEFORMAT_UINT:
      if (bits == 8) return kernels::SampleType::uint8;
      if (bits == 16) return kernels::SampleType::uint16;
      return {};
    case SAMPLEFORMAT_INT:
      if (bits == 16) return kernels::SampleType::int16;
      return {};
    case SAMPLEFORMAT_IEEEFP:
      if (bits == 32) return kernels::SampleType::float32;
      return {};
    default:
      return {};
  }
}

// Codecs that give back the samples that went in; the others (JPEG, WebP, LERC ...) have modes GDAL sets.
bool is_plain(std::uint16_t compression) {
  switch (compression) {
    case COMPRESSION_NONE:
      return true;
    case COMPRESSION_LZW:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ZSTD:
    case COMPRESSION_PACKBITS:
      return TIFFIsCODECConfigured(compression) != 0;
    default:
      return false;
  }
}

std::optional<TiffLayout> layout_of(TIFF* file) {
  TiffLayout layout;
  const auto type = sample_type(file);
  const auto compression = tag<std::uint16_t>(file, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  std::uint16_t photometric = PHOTOMETRIC_MINISWHITE;
  TIFFGetField(file, TIFFTAG_PHOTOMETRIC, &photometric);
  if (!type || !is_plain(compression) ||
      (photometric != PHOTOMETRIC_MINISBLACK && photometric != PHOTOMETRIC_RGB) ||
      tag<std::uint16_t>(file, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) != FILLORDER_MSB2LSB ||
      tag<std::uint32_t>(file, TIFFTAG_IMAGEDEPTH, 1) != 1)
    return {};
  const auto width = tag<std::uint32_t>(file, TIFFTAG_IMAGEWIDTH, 0);
  const auto height = tag<std::uint32_t>(file, TIFFTAG_IMAGELENGTH, 0);
  layout.tiled = TIFFIsTiled(file) != 0;
  const auto block_width = layout.tiled ? tag<std::uint32_t>(file, TIFFTAG_TILEWIDTH, 0) : width;
  const auto block_height = layout.tiled
                                ? tag<std::uint32_t>(file, TIFFTAG_TILELENGTH, 0)
                                : std::min(tag<std::uint32_t>(file, TIFFTAG_ROWSPERSTRIP, 0), height);
  constexpr auto kMost = static_cast<std::uint32_t>(std::numeric_limits<int>::max());
  if (std::min({width, height, block_width, block_height}) < 1 ||
      std::max({width, height, block_width, block_height}) > kMost ||
      (layout.tiled ? TIFFTileSize64(file) : TIFFStripSize64(file)) == 0)  // more than 64 bits hold
    return {};
  layout.type = *type;
  layout.width = static_cast<int>(width);
  layout.height = static_cast<int>(height);
  layout.block_width = static_cast<int>(block_width);
  layout.block_height = static_cast<int>(block_height);
  layout.bands = tag<std::uint16_t>(file, TIFFTAG_SAMPLESPERPIXEL, 1);
  layout.separate = layout.bands > 1 && tag<std::uint16_t>(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) ==
                                            PLANARCONFIG_SEPARATE;
  layout.stored = compression == COMPRESSION_NONE;
  layout.swapped = TIFFIsByteSwapped(file) != 0;
  std::uint16_t predictor = 1;
  if (!layout.stored && TIFFGetField(file, TIFFTAG_PREDICTOR, &predictor))
    layout.differences = predictor == 2 && layout.type != kernels::SampleType::float32 &&
                         (layout.separate || layout.bands <= kMostSummedChannels);
  return layout;
}

void swap_samples(std::byte* samples, std::size_t count, kernels::SampleType type) {
  const auto bytes = kernels::sample_size(type);
  if (bytes == 2)
    TIFFSwabArrayOfShort(reinterpret_cast<std::uint16_t*>(samples), static_cast<tmsize_t>(count));
  if (bytes == 4)
    TIFFSwabArrayOfLong(reinterpret_cast<std::uint32_t*>(samples), static_cast<tmsize_t>(count));
}

std::string text_of_errno() {
  return std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is per thread
}

}  // namespace

std::size_t TiffLayout::block_bytes() const noexcept {
  return size(block_width) * size(block_height) * kernels::sample_size(type) * (separate ? 1 : size(bands));
}

struct TiffReader::Handle {
  // GDAL has libtiff's process-wide handlers; with handlers of its own a handle neither prints nor asks them.
  explicit Handle(const std::string& path) {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      reason = text_of_errno();
      return;
    }
    const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                   TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_error, &reason);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), drop_warning, nullptr);
    // Not mapped: a file that is cut while it is read must be an error, not a signal.
    file = TIFFFdOpenExt(descriptor, path.c_str(), "rmC", options.get());
    if (!file) return;
    if (const auto found = layout_of(file)) layout = *found;
    // Set on an open file, it only changes what the decoder does.
    if (layout.differences) TIFFSetField(file, TIFFTAG_PREDICTOR, 1);
  }
  ~Handle() {
    if (file)
      TIFFClose(file);  // closes the descriptor too
    else if (descriptor >= 0)
      ::close(descriptor);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  int descriptor = -1;
  TIFF* file = nullptr;
  TiffLayout layout;
  std::string reason;
};

namespace {

/// Whether GDAL sees the file as libtiff does: it cuts strips, expands and hides bands where tags ask for it.
bool agree(GDALDataset& dataset, const TiffLayout& layout, kernels::SampleType type) {
  if (layout.type != type || layout.width != dataset.GetRasterXSize() ||
      layout.height != dataset.GetRasterYSize() || layout.bands != dataset.GetRasterCount())
    return false;
  if (layout.stored) return true;
  int width = 0, height = 0;
  dataset.GetRasterBand(1)->GetBlockSize(&width, &height);
  return width == layout.block_width && height == layout.block_height;
}

GDALDataType gdal_type(kernels::SampleType type) {
  constexpr std::array kTypes{GDT_Byte, GDT_UInt16, GDT_Int16, GDT_Float32};
  return kTypes[static_cast<std::size_t>(type)];
}

}  // namespace

std::optional<TiffPlan> plan_tiff(GDALDataset& dataset, const std::string& path, kernels::SampleType type) {
  const GDALDriver* driver = dataset.GetDriver();
  if (!driver || std::string_view(driver->GetDescription()) != "GTiff") return {};
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const TiffReader::Handle handle(path);
  TIFF* file = handle.file;
  if (!file || !agree(dataset, handle.layout, type)) return {};
  TiffPlan plan;
  plan.path = path;
  plan.layout = handle.layout;
  for (int band = 1; band <= plan.layout.bands; ++band) {
    const double nodata = [&] {
      int known = FALSE;
      const double value = dataset.GetRasterBand(band)->GetNoDataValue(&known);
      return known ? value : 0.0;
    }();
    plan.fill.emplace_back();
    GDALCopyWords64(&nodata, GDT_Float64, 0, plan.fill.back().data(), gdal_type(type), 0, 1);
  }
  const std::uint32_t blocks = plan.layout.tiled ? TIFFNumberOfTiles(file) : TIFFNumberOfStrips(file);
  std::uint64_t most = 0;
  for (std::uint32_t i = 0; i < blocks; ++i) most = std::max(most, TIFFGetStrileByteCount(file, i));
  plan.most_stored_bytes = TiffReader::readable_bytes(plan.layout, most);
  plan.index_bytes = blocks * kIndexEntryBytes;
  return plan;
}

/// The part of a window that lies in one block.
struct TiffReader::Part {
  Window window;            // in pixels of the raster
  int left = 0, top = 0;    // of the block
  int rows = 0;             // of the block as it is stored: a last strip is shorter
  std::uint32_t index = 0;  // among the file's blocks
};

TiffReader::TiffReader(const TiffPlan& plan) : plan_(plan), handle_(std::make_unique<Handle>(plan.path)) {
  if (!handle_->file)
    throw Error(ErrorCode::runtime, fmt::format("cannot open {}: {}", plan.path, handle_->reason));
  const TiffLayout& was = plan.layout;
  const TiffLayout& is = handle_->layout;
  if (was != is)
    throw Error(
        ErrorCode::runtime,
        fmt::format("{} changed while it was read: it was {} x {} pixels in {} bands and is {} x {} in {}",
                    plan.path, was.width, was.height, was.bands, is.width, is.height, is.bands));
}

TiffReader::~TiffReader() = default;

// A wrong length in the index must not decide on memory: no codec makes a block twice as long.
std::size_t TiffReader::readable_bytes(const TiffLayout& layout, std::uint64_t stored_bytes) noexcept {
  if (layout.stored) return kStretchBytes;
  return std::min<std::uint64_t>(stored_bytes, 2 * layout.block_bytes() + 65536);
}

std::size_t TiffReader::memory(const TiffPlan& plan) noexcept {
  const TiffLayout& layout = plan.layout;
  const std::size_t bytes = kHandleBytes + plan.index_bytes + plan.most_stored_bytes;
  if (!layout.stored) return bytes + layout.block_bytes();
  return bytes + size(layout.block_width) * kernels::sample_size(layout.type) * size(layout.bands);
}

void TiffReader::read(const Window& window, std::span<const BandPlane> planes) {
  const TiffLayout& layout = plan_.layout;
  const int across = (layout.width - 1) / layout.block_width + 1;
  const int down = (layout.height - 1) / layout.block_height + 1;
  const int right = window.x + window.width;
  const int bottom = window.y + window.height;
  for (int row = window.y / layout.block_height; row <= (bottom - 1) / layout.block_height; ++row)
    for (int column = window.x / layout.block_width; column <= (right - 1) / layout.block_width; ++column) {
      Part part;
      part.left = column * layout.block_width;
      part.top = row * layout.block_height;
      part.rows =
          layout.tiled ? layout.block_height : std::min(layout.block_height, layout.height - part.top);
      const int x = std::max(window.x, part.left);
      const int y = std::max(window.y, part.top);
      // In 64 bits: the last tile may reach beyond what an int holds.
      const auto beyond = std::min<std::int64_t>(right, std::int64_t{part.left} + layout.block_width);
      const auto below = std::min<std::int64_t>(bottom, std::int64_t{part.top} + part.rows);
      part.window = {x, y, static_cast<int>(beyond - x), static_cast<int>(below - y)};
      const std::int64_t index = std::int64_t{row} * across + column;
      // Planes as this part sees them.
      const auto moved = [&](const BandPlane& plane) {
        const std::ptrdiff_t samples = (y - window.y) * plane.stride + (x - window.x);
        return BandPlane{plane.band,
                         plane.at + samples * static_cast<std::ptrdiff_t>(kernels::sample_size(layout.type)),
                         plane.stride};
      };
      if (layout.separate) {
        for (const BandPlane& plane : planes) {
          const BandPlane one = moved(plane);
          part.index = static_cast<std::uint32_t>((plane.band - 1) * std::int64_t{across} * down + index);
          read_block(part, {&one, 1});
        }
      } else {
        parts_.clear();
        for (const BandPlane& plane : planes) parts_.push_back(moved(plane));
        part.index = static_cast<std::uint32_t>(index);
        read_block(part, parts_);
      }
    }
}

void TiffReader::read_block(const Part& part, std::span<const BandPlane> planes) {
  const TiffLayout& layout = plan_.layout;
  const int band = planes.front().band;
  int failed = 0;
  const std::uint64_t offset = TIFFGetStrileOffsetWithErr(handle_->file, part.index, &failed);
  const std::uint64_t bytes = failed ? 0 : TIFFGetStrileByteCountWithErr(handle_->file, part.index, &failed);
  if (failed) throw Failure{band, "the index of its blocks cannot be read"};
  if (bytes == 0) return fill(part, planes);
  if (layout.stored) return read_stored(part, offset, bytes, planes);
  if (held_ != part.index) decode(part, offset, bytes, band);
  const std::size_t row_bytes = layout.block_bytes() / size(layout.block_height);
  for (int y = 0; y < part.window.height; ++y)
    spread(block_.data() + size(part.window.y - part.top + y) * row_bytes, part.window.x - part.left,
           part.window.width, y, planes, layout.differences);
}

void TiffReader::fill(const Part& part, std::span<const BandPlane> planes) const {
  const std::size_t bytes = kernels::sample_size(plan_.layout.type);
  for (const BandPlane& plane : planes) {
    const std::byte* value = plan_.fill[size(plane.band - 1)].data();
    std::byte* row = plane.at;
    for (int y = 0; y < part.window.height; ++y, row += plane.stride * static_cast<std::ptrdiff_t>(bytes))
      for (std::size_t x = 0; x < size(part.window.width); ++x) std::memcpy(row + x * bytes, value, bytes);
  }
}

void TiffReader::read_stored(const Part& part, std::uint64_t offset, std::uint64_t bytes,
                             std::span<const BandPlane> planes) {
  const TiffLayout& layout = plan_.layout;
  const int band = planes.front().band;
  const std::size_t pixel = kernels::sample_size(layout.type) * (layout.separate ? 1 : size(layout.bands));
  const std::size_t row_bytes = size(layout.block_width) * pixel;
  if (bytes < row_bytes * size(part.rows))
    throw Failure{band, fmt::format("a block of {} bytes holds only {}", row_bytes * size(part.rows), bytes)};
  const std::size_t skip = size(part.window.x - part.left) * pixel;
  const std::size_t wanted = size(part.window.width) * pixel;
  // A gap between rows shorter than the rows costs less than a call for each of them.
  const std::size_t stride = wanted * 2 >= row_bytes ? row_bytes : wanted;
  const int stretch =
      static_cast<int>(std::clamp<std::size_t>(kStretchBytes / stride, 1, size(part.window.height)));
  stored_.resize(std::max(stored_.size(), size(stretch) * stride));
  for (int y = 0; y < part.window.height; y += stretch) {
    const int rows = std::min(stretch, part.window.height - y);
    const std::uint64_t from = offset + size(part.window.y - part.top + y) * row_bytes + skip;
    if (stride == row_bytes)
      read_file(stored_.data(), from, size(rows - 1) * row_bytes + wanted, band);
    else
      for (int i = 0; i < rows; ++i)
        read_file(stored_.data() + size(i) * stride, from + size(i) * row_bytes, wanted, band);
    if (layout.swapped)
      swap_samples(stored_.data(), (size(rows - 1) * stride + wanted) / kernels::sample_size(layout.type),
                   layout.type);
    for (int i = 0; i < rows; ++i)
      spread(stored_.data() + size(i) * stride, 0, part.window.width, y + i, planes, false);
  }
}

void TiffReader::decode(const Part& part, std::uint64_t offset, std::uint64_t bytes, int band) {
  const TiffLayout& layout = plan_.layout;
  const std::size_t row_bytes = layout.block_bytes() / size(layout.block_height);
  const std::size_t read = readable_bytes(layout, bytes);
  // At once as large as they get: a buffer that grows holds twice what was promised.
  stored_.resize(std::max(plan_.most_stored_bytes, read));
  block_.resize(layout.block_bytes());
  held_ = -1;
  read_file(stored_.data(), offset, read, band);
  std::string& reason = handle_->reason;
  reason.clear();
  // The whole block in one call: only then libtiff decodes DEFLATE with libdeflate.
  const int good =
      TIFFReadFromUserBuffer(handle_->file, part.index, stored_.data(), static_cast<tmsize_t>(read),
                             block_.data(), static_cast<tmsize_t>(row_bytes * size(part.rows)));
  if (!good || !reason.empty())
    throw Failure{band, reason.empty() ? "libtiff cannot decode it and gives no reason" : reason};
  held_ = part.index;
  ++effort_.blocks_decoded;
}

void TiffReader::read_file(std::byte* into, std::uint64_t from, std::size_t bytes, int band) {
  constexpr std::uint64_t kMost = std::numeric_limits<off_t>::max();
  for (std::size_t done = 0; done < bytes;) {
    const bool thinkable = from <= kMost - bytes;
    const ssize_t got =
        thinkable ? ::pread(handle_->descriptor, into + done, bytes - done, static_cast<off_t>(from + done))
                  : 0;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Failure{band, text_of_errno()};
    if (got == 0)
      throw Failure{band, fmt::format("the file ends within a block: {} bytes at {} are {} short", bytes,
                                      from, bytes - done)};
    done += static_cast<std::size_t>(got);
    effort_.bytes += static_cast<std::uint64_t>(got);
  }
}

void TiffReader::spread(const std::byte* row, int first, int width, int y, std::span<const BandPlane> planes,
                        bool differences) {
  const TiffLayout& layout = plan_.layout;
  const int channels = layout.separate ? 1 : layout.bands;
  const auto bytes = static_cast<int>(kernels::sample_size(layout.type));
  outputs_.assign(size(channels), nullptr);
  for (const BandPlane& plane : planes)
    outputs_[layout.separate ? 0 : size(plane.band - 1)] = plane.at + y * plane.stride * bytes;
  if (differences)
    deinterleave_differences(row, bytes, channels, first, width, outputs_);
  else
    deinterleave(row, bytes, channels, first, width, outputs_);
}

}  // namespace tuban
