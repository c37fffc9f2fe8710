// SPDX-License-Identifier: Apache-2.0
// consumer OUT.gpkg: two small rasters in memory, one changed square, one patch. Fails with a sentence where
// the installed library is not what its headers say.
#include <tuban/error.h>
#include <tuban/io.h>
#include <tuban/job.h>
#include <tuban/version.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr int kSide = 96;

std::shared_ptr<const tuban::Source> wrap(const char* name, const std::vector<std::uint16_t>& samples) {
  tuban::MemoryRaster raster;
  raster.name = name;
  raster.grid.width = raster.grid.height = kSide;
  raster.type = tuban::SampleType::uint16;
  raster.data = samples.data();
  raster.pixel_stride = sizeof(std::uint16_t);
  raster.row_stride = kSide * raster.pixel_stride;
  raster.band_stride = kSide * raster.row_stride;
  raster.bands.resize(1);
  return tuban::wrap_memory(raster);
}

/// A source of the host's own, which fails as a disk would.
class BrokenSource : public tuban::Source {
 public:
  explicit BrokenSource(tuban::SourceInfo info) : info_(std::move(info)) {}
  const tuban::SourceInfo& info() const noexcept override { return info_; }
  std::unique_ptr<tuban::Reader> open() const override { return std::make_unique<BrokenReader>(); }

 private:
  class BrokenReader : public tuban::Reader {
    void read(const tuban::Window&, const tuban::PixelBuffer&) override {
      throw tuban::Error(tuban::ErrorCode::resource, "the host's disk is broken");
    }
  };
  tuban::SourceInfo info_;
};

int fail(const std::string& sentence) {
  std::fprintf(stderr, "consumer: %s\n", sentence.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return fail("usage: consumer OUT.gpkg");

  std::vector<std::uint16_t> before(kSide * kSide);
  for (std::size_t i = 0; i < before.size(); ++i)
    before[i] = static_cast<std::uint16_t>(1000 + i * 7919 % 61);
  std::vector<std::uint16_t> after = before;
  for (std::size_t y = 30; y < 50; ++y)
    for (std::size_t x = 40; x < 70; ++x) after[y * kSide + x] = 3000;

  tuban::Job job;
  job.before.source = wrap("before", before);
  job.after.source = wrap("after", after);
  job.registration = tuban::RegistrationKind::off;
  job.min_area = {20, true};
  job.output = argv[1];
  job.overwrite = true;
  try {
    std::string last;
    tuban::Control control;
    control.progress = [&last](const tuban::Progress& progress) { last = progress.stage; };
    const tuban::Report report = tuban::run(job, control);
    std::printf("tuban %s: %lld patches\n", tuban::version(), static_cast<long long>(report.patches));
    if (report.patches != 1) return fail("expected one patch");
    if (last != "emit") return fail("expected progress up to emit, got \"" + last + "\"");
  } catch (const tuban::Error& error) {
    return fail(error.what());
  }

  const std::string headers = std::to_string(TUBAN_VERSION_MAJOR) + "." +
                              std::to_string(TUBAN_VERSION_MINOR) + "." + std::to_string(TUBAN_VERSION_PATCH);
  if (headers != tuban::version())
    return fail("headers are " + headers + ", the library is " + tuban::version());

  try {
    tuban::set_option(job, "no_such_option", {"1"});
    return fail("an unknown option was accepted");
  } catch (const tuban::Error& error) {
    if (error.code() != tuban::ErrorCode::usage) return fail("an unknown option is not an error of usage");
  }

  try {
    job.after.source = std::make_shared<BrokenSource>(job.after.source->info());
    tuban::run(job);
    return fail("a source that throws was read");
  } catch (const tuban::Error& error) {
    if (error.code() != tuban::ErrorCode::resource)
      return fail(std::string("not the host's error: ") + error.what());
  }
}
