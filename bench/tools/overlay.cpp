// SPDX-License-Identifier: Apache-2.0
// tuban-overlay: lays patches over reference layers and judges them as `tuban mark` does, says where the time
// goes, and can write every piece with its area in the plane, as other programs compute it. Large layers are
// read near patches while these are laid: "reading" is the CPU time of that, in "overlay" and "cpu".
#include <gdal_priv.h>
#include <geos_c.h>
#include <ogrsf_frmts.h>
#include <sys/resource.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/io/layer_reader.h"
#include "engine/rules/mark.h"
#include "engine/rules/overlay.h"
#include "engine/rules/reference.h"

namespace {

using namespace tuban;

constexpr std::size_t kGroup = 64;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Usage {
  double cpu = 0, peak_mb = 0;
  static Usage now() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return {seconds(usage.ru_utime) + seconds(usage.ru_stime),
            static_cast<double>(usage.ru_maxrss) * 1024 / 1e6};
  }
};

/// CPU time of the calling thread.
double thread_cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// A way into a layer that counts what reading costs, without what is done with the features.
class TimedAccess : public LayerAccess {
 public:
  TimedAccess(std::unique_ptr<LayerAccess> inner, std::atomic<double>& spent)
      : inner_(std::move(inner)), spent_(spent) {}
  void near(std::span<const Bounds> boxes, std::span<const std::int64_t> known, const Take& take) override {
    measure(take, [&](const Take& timed) { inner_->near(boxes, known, timed); });
  }
  void all(const Take& take) override {
    measure(take, [&](const Take& timed) { inner_->all(timed); });
  }

 private:
  template <typename Read>
  void measure(const Take& take, const Read& read) {
    const double start = thread_cpu();
    double taken = 0;
    read([&](LayerFeature&& feature) {
      const double before = thread_cpu();
      take(std::move(feature));
      taken += thread_cpu() - before;
    });
    spent_ += thread_cpu() - start - taken;
  }
  std::unique_ptr<LayerAccess> inner_;
  std::atomic<double>& spent_;
};

LayerReader timed(LayerReader reader, std::atomic<double>& spent) {
  return [reader = std::move(reader), &spent](const LayerSpec& spec, const Grid& grid) {
    LayerContents contents = reader(spec, grid);
    if (contents.open) {
      contents.open = [open = contents.open, &spent] { return std::make_unique<TimedAccess>(open(), spent); };
    }
    return contents;
  };
}

/// Every patch of the first layer, with what rules need to be judged; and a grid of 2 m that holds them.
std::vector<Patch> read_patches(const std::string& path, Grid& grid) {
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY));
  if (!dataset || dataset->GetLayerCount() == 0) throw std::runtime_error("cannot read " + path);
  OGRLayer* const layer = dataset->GetLayer(0);
  std::vector<Patch> patches;
  for (const auto& feature : layer) {
    Patch patch;
    patch.patch_id = feature->GetFieldAsString("JCBH");
    patch.change_type = feature->GetFieldAsString("TBLX");
    patch.before_date = feature->GetFieldAsString("QSX");
    patch.after_date = feature->GetFieldAsString("HSX");
    patch.construction_like = patch.change_type >= "C10" && patch.change_type <= "C17";
    patch.earthwork_like =
        patch.change_type == "C11" || patch.change_type == "C30" || patch.change_type == "C31";
    for (const auto* part : feature->GetGeometryRef()->toMultiPolygon()) {
      Polygon polygon;
      for (const auto* line : part) {
        Ring ring;
        for (const auto& point : line) ring.push_back({point.getX(), point.getY()});
        polygon.rings.push_back(std::move(ring));
      }
      patch.geometry.push_back(std::move(polygon));
    }
    patches.push_back(std::move(patch));
  }
  OGREnvelope box;
  if (layer->GetExtent(&box) != OGRERR_NONE) throw std::runtime_error(path + " has no extent");
  char* wkt = nullptr;
  const char* const options[] = {"FORMAT=WKT2_2019", nullptr};
  if (layer->GetSpatialRef() == nullptr || layer->GetSpatialRef()->exportToWkt(&wkt, options) != OGRERR_NONE)
    throw std::runtime_error(path + " has no CRS");
  grid.crs = wkt;
  CPLFree(wkt);
  grid.transform = {box.MinX, 2, 0, box.MaxY, 0, -2};
  grid.width = static_cast<int>((box.MaxX - box.MinX) / 2);
  grid.height = static_cast<int>((box.MaxY - box.MinY) / 2);
  return patches;
}

/// Groups of patches, each taken by the next free thread.
template <typename MakeWorker>
void in_groups(std::size_t count, int threads, const MakeWorker& make) {
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  for (auto& failure : failures) {
    running.emplace_back([&] {
      try {
        auto work = make();
        for (;;) {
          const std::size_t first = kGroup * next++;
          if (first >= count) break;
          work(first, std::min(count, first + kGroup));
        }
      } catch (...) {
        failure = std::current_exception();
      }
    });
  }
  for (auto& one : running) one.join();
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

void write_pieces(const std::string& path, std::span<const Patch> patches,
                  const std::shared_ptr<const ReferenceLayers>& layers) {
  const geos::Context geos;
  Overlayer overlayer(layers);
  std::ofstream out(path, std::ios::binary);
  for (std::size_t i = 0; i < patches.size(); ++i) {
    overlayer.lay(patches.subspan(i, 1));
    overlayer.pieces(0, [&](std::string_view role, const FeatureInfo& feature, const GEOSGeometry* shape) {
      char text[32];
      std::snprintf(text, sizeof text, "%.9g", geos.area(shape));
      out << patches[i].patch_id << '\t' << role << '\t' << feature.id << '\t' << text << '\n';
    });
  }
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Lays patches over reference layers and says where the time goes."};
  std::string path, declared, pieces;
  std::vector<std::string> rules{"farmland", "mining", "quality"};
  int threads = 2;
  app.add_option("patches", path, "of the prefecture")->required();
  app.add_option("--layers", declared, "layers.yaml")->required();
  app.add_option("--rules", rules, "rulebooks")->capture_default_str();
  app.add_option("--threads", threads, "that lay and mark")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--pieces", pieces, "only write every piece: patch, role, feature, planar area");
  CLI11_PARSE(app, argc, argv);
  try {
    GDALAllRegister();
    const double start = now();
    Grid grid;
    const std::vector<Patch> patches = read_patches(path, grid);
    std::atomic<double> reading{0};
    const auto layers =
        ReferenceLayers::load(load_layer_specs(declared), grid, timed(make_layer_reader(), reading), {});
    if (!pieces.empty()) {
      write_pieces(pieces, patches, layers);
      return 0;
    }
    auto books = std::make_shared<std::vector<Rulebook>>();
    for (const std::string& rule : rules) books->push_back(load_rulebook(rule));
    const double loaded = now();
    const double cpu = Usage::now().cpu;
    reading = 0;
    std::atomic<std::size_t> rows{0}, findings{0};
    in_groups(patches.size(), threads, [&] {
      return [&, marker = std::make_shared<Marker>(layers, books)](std::size_t first, std::size_t last) {
        for (const Marks& marks : marker->mark(std::span(patches).subspan(first, last - first))) {
          rows += marks.overlaps.size();
          findings += marks.findings.size();
        }
      };
    });
    const double end = now();
    const Usage usage = Usage::now();
    std::printf(
        "load %.3f s\noverlay %.3f s\ncpu %.3f s\nreading %.3f s\npeak %.0f MB\ncount %zu\nfindings %zu\n",
        loaded - start, end - loaded, usage.cpu - cpu, reading.load(), usage.peak_mb, rows.load(),
        findings.load());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tuban-overlay: %s\n", error.what());
    return 1;
  }
}
