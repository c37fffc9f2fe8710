// SPDX-License-Identifier: Apache-2.0
// The picture of a run: before, after, patches by mark, and close-ups. Everything is drawn at twice the size
// and shrunk, so that lines stay fine.
#include <cpl_conv.h>
#include <gdal_priv.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "bench/scene/result.h"
#include "bench/scene/scene.h"

namespace tuban::scene {
namespace {

constexpr int kWidth = 1800, kMargin = 24, kGap = 15, kOver = 2;
const cv::Scalar kPaper(250, 250, 250), kInk(40, 40, 40), kSoft(110, 110, 110);
const cv::Scalar kFarmland(48, 38, 235), kMining(0, 170, 255), kNoted(190, 190, 0), kUnmarked(165, 165, 165),
    kLegal(255, 215, 70);

/// A raster with the stretch that shows it.
class Image {
 public:
  Image(const std::string& path, const std::string& valid)
      : dataset_(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER)) {
    if (!dataset_ || dataset_->GetRasterCount() < 4) {
      throw std::runtime_error("cannot open " + path + " with four bands");
    }
    if (dataset_->GetGeoTransform(transform_.data()) != CE_None) {
      throw std::runtime_error(path + " has no georeference");
    }
    const int w = std::min(width(), 600), h = std::min(height(), 600);
    const cv::Mat small = read(0, 0, width(), height(), w, h, GRIORA_NearestNeighbour);
    std::vector<unsigned char> seen(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), 1);
    if (const GDALDatasetUniquePtr mask(GDALDataset::Open(valid.c_str(), GDAL_OF_RASTER)); mask) {
      if (mask->GetRasterBand(1)->RasterIO(GF_Read, 0, 0, width(), height(), seen.data(), w, h, GDT_Byte, 0,
                                           0, nullptr) != CE_None) {
        throw std::runtime_error("cannot read " + valid);
      }
    }
    for (int channel = 0; channel < 3; ++channel) {
      std::vector<float> values;
      for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen[i] != 0) values.push_back(reinterpret_cast<const cv::Vec3f*>(small.data)[i][channel]);
      }
      if (values.empty()) values.push_back(0);
      std::sort(values.begin(), values.end());
      const auto at = [&](double share) {
        return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
      };
      low_[static_cast<std::size_t>(channel)] = at(0.01);
      high_[static_cast<std::size_t>(channel)] = std::max(at(0.993), at(0.01) + 1);
    }
  }

  int width() const { return dataset_->GetRasterXSize(); }
  int height() const { return dataset_->GetRasterYSize(); }
  double pixel() const { return transform_[1]; }
  cv::Point2d pixel_of(double x, double y) const {
    return {(x - transform_[0]) / transform_[1], (y - transform_[3]) / transform_[5]};
  }

  /// A window in pixels as stretched 8-bit colour.
  cv::Mat show(double x, double y, double w, double h, int out_width, int out_height) const {
    const bool enlarge = w < out_width;
    const cv::Mat values = read(x, y, w, h, out_width, out_height, enlarge ? GRIORA_Cubic : GRIORA_Average);
    cv::Mat out(values.rows, values.cols, CV_8UC3);
    for (int row = 0; row < values.rows; ++row) {
      for (int column = 0; column < values.cols; ++column) {
        const cv::Vec3f& from = values.at<cv::Vec3f>(row, column);
        for (int c = 0; c < 3; ++c) {
          const auto i = static_cast<std::size_t>(c);
          const float t = std::clamp((from[c] - low_[i]) / (high_[i] - low_[i]), 0.F, 1.F);
          out.at<cv::Vec3b>(row, column)[c] =
              static_cast<unsigned char>(std::lround(255 * std::pow(t, 0.6F)));
        }
      }
    }
    return out;
  }

 private:
  /// Natural colour, its green helped by the near infrared as fields look from the air.
  cv::Mat read(double x, double y, double w, double h, int out_width, int out_height,
               GDALRIOResampleAlg resampling) const {
    const auto count = static_cast<std::size_t>(out_width) * static_cast<std::size_t>(out_height);
    std::vector<float> bands(4 * count);
    GDALRasterIOExtraArg extra;
    INIT_RASTERIO_EXTRA_ARG(extra);
    extra.eResampleAlg = resampling;
    extra.bFloatingPointWindowValidity = TRUE;
    extra.dfXOff = x, extra.dfYOff = y, extra.dfXSize = w, extra.dfYSize = h;
    const int x0 = static_cast<int>(x), y0 = static_cast<int>(y);
    const int x1 = std::min(width(), static_cast<int>(std::ceil(x + w)));
    const int y1 = std::min(height(), static_cast<int>(std::ceil(y + h)));
    if (dataset_->RasterIO(GF_Read, x0, y0, x1 - x0, y1 - y0, bands.data(), out_width, out_height,
                           GDT_Float32, 4, nullptr, 0, 0, 0, &extra) != CE_None) {
      throw std::runtime_error(std::string("cannot read the scene: ") + CPLGetLastErrorMsg());
    }
    cv::Mat out(out_height, out_width, CV_32FC3);
    for (std::size_t i = 0; i < count; ++i) {
      const float blue = bands[i], green = bands[count + i], red = bands[2 * count + i],
                  nir = bands[3 * count + i];
      reinterpret_cast<cv::Vec3f*>(out.data)[i] = {blue, 0.84F * green + 0.10F * nir, red};
    }
    return out;
  }

  GDALDatasetUniquePtr dataset_;
  std::array<double, 6> transform_{};
  std::array<float, 3> low_{}, high_{};
};

/// A drawn rectangle of the scene: where ground coordinates fall on it.
struct Frame {
  const Image& image;
  double x, y, w, h;  // window in pixels of the scene
  cv::Mat canvas;

  cv::Point2d at(double gx, double gy) const {
    const cv::Point2d p = image.pixel_of(gx, gy);
    return {(p.x - x) / w * canvas.cols, (p.y - y) / h * canvas.rows};
  }
};

using Contours = std::vector<std::vector<cv::Point>>;
constexpr int kShiftBits = 4;

void contours_of(const OGRGeometry& shape, const Frame& frame, Contours& out) {
  if (wkbFlatten(shape.getGeometryType()) == wkbPolygon) {
    for (const OGRLinearRing* ring : *shape.toPolygon()) {
      std::vector<cv::Point> points;
      for (int i = 0; i + 1 < ring->getNumPoints(); ++i) {
        const cv::Point2d p = frame.at(ring->getX(i), ring->getY(i));
        points.emplace_back(static_cast<int>(std::lround((p.x - 0.5) * (1 << kShiftBits))),
                            static_cast<int>(std::lround((p.y - 0.5) * (1 << kShiftBits))));
      }
      if (points.size() > 2) out.push_back(std::move(points));
    }
  } else if (const auto* parts = dynamic_cast<const OGRGeometryCollection*>(&shape)) {
    for (int i = 0; i < parts->getNumGeometries(); ++i) contours_of(*parts->getGeometryRef(i), frame, out);
  }
}

cv::Scalar colour_of(const FoundPatch& patch) {
  if (!patch.marked()) return patch.rules.empty() ? kUnmarked : kNoted;
  return patch.marks.find("farmland") != std::string::npos ? kFarmland : kMining;
}

/// Unmarked first, so that marks lie on top.
void draw_patches(Frame& frame, const std::vector<FoundPatch>& patches, double fill, int line, int least) {
  for (const bool marks : {false, true}) {
    cv::Mat filled = frame.canvas.clone();
    for (const FoundPatch& patch : patches) {
      if ((patch.marked() || !patch.rules.empty()) != marks || !marks) continue;
      Contours contours;
      contours_of(*patch.shape, frame, contours);
      cv::fillPoly(filled, contours, colour_of(patch), cv::LINE_AA, kShiftBits);
    }
    if (marks) cv::addWeighted(filled, fill, frame.canvas, 1 - fill, 0, frame.canvas);
    for (const FoundPatch& patch : patches) {
      if ((patch.marked() || !patch.rules.empty()) != marks) continue;
      Contours contours;
      contours_of(*patch.shape, frame, contours);
      cv::polylines(frame.canvas, contours, true, colour_of(patch), marks ? line : 1, cv::LINE_AA,
                    kShiftBits);
      const cv::Point2d a = frame.at(patch.box.MinX, patch.box.MaxY),
                        b = frame.at(patch.box.MaxX, patch.box.MinY);
      if (marks && patch.marked() && std::max(b.x - a.x, b.y - a.y) < 2 * least) {
        cv::circle(frame.canvas, cv::Point((a + b) / 2), least, colour_of(patch), line, cv::LINE_AA);
      }
    }
  }
}

void write_text(cv::Mat& page, const std::string& text, int x, int y, double size, const cv::Scalar& colour,
                int weight = 1) {
  cv::putText(page, text, {x * kOver, y * kOver}, cv::FONT_HERSHEY_DUPLEX, size * kOver, colour,
              weight * kOver - weight / 2, cv::LINE_AA);
}

void paste(cv::Mat& page, const cv::Mat& part, int x, int y) {
  part.copyTo(page(cv::Rect(x * kOver, y * kOver, part.cols, part.rows)));
  cv::rectangle(page, cv::Rect(x * kOver, y * kOver, part.cols, part.rows), kInk, 1);
}

/// Outlines of approvals and licences, for the close-ups.
std::vector<GeometryPtr> legal_outlines(const std::string& folder) {
  std::vector<GeometryPtr> out;
  const GDALDatasetUniquePtr dataset(
      GDALDataset::Open((std::filesystem::path(folder) / "layers.gpkg").string().c_str(), GDAL_OF_VECTOR));
  if (!dataset) return out;
  for (const char* name : {"ZZ_NYDZYFW", "CKQ"}) {
    OGRLayer* layer = dataset->GetLayerByName(name);
    if (layer == nullptr) continue;
    for (const auto& feature : layer) {
      if (GeometryPtr shape(feature->StealGeometry()); shape) out.push_back(std::move(shape));
    }
  }
  return out;
}

/// One instructive example each, the largest of its situation that is not huge.
std::vector<const TruePlanted*> examples(const std::vector<TruePlanted>& planted) {
  static constexpr std::array<std::array<const char*, 2>, 8> kWanted{{{"earthwork", "basic_farmland"},
                                                                      {"shed", "half_approved"},
                                                                      {"quarry", "quarry_across"},
                                                                      {"shed", "approved"},
                                                                      {"quarry", "quarry_expired"},
                                                                      {"house", "farmland"},
                                                                      {"pond", "pond_on_paddy"},
                                                                      {"earthwork", "farmland"}}};
  std::vector<const TruePlanted*> out;
  for (const auto& [kind, situation] : kWanted) {
    const TruePlanted* best = nullptr;
    for (const TruePlanted& p : planted) {
      if (p.kind != kind || p.situation != situation || p.area_m2 > 14000) continue;
      if (best == nullptr || p.area_m2 > best->area_m2) best = &p;
    }
    if (best != nullptr && out.size() < 4) out.push_back(best);
  }
  return out;
}

std::string verdict(const TruePlanted& planted, const std::vector<FoundPatch>& patches) {
  std::set<std::string> rules;
  std::string severity;
  for (const FoundPatch& patch : patches) {
    if (!patch.box.Intersects(planted.box) || shared_area(*patch.shape, *planted.shape) < 0.3 * patch.area_m2)
      continue;
    rules.insert(patch.rules.begin(), patch.rules.end());
    severity = std::max(severity, patch.severity);
  }
  std::string out;
  for (const std::string& rule : rules) out += (out.empty() ? "" : ",") + rule;
  if (out.empty()) return "no rule fired";
  return out + (severity.empty() ? "" : " (" + severity + ")");
}

std::string words(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

void legend(cv::Mat& page, int y) {
  int x = kMargin;
  const auto entry = [&](const cv::Scalar& colour, const std::string& text, bool solid) {
    const cv::Rect box(x * kOver, (y - 13) * kOver, 22 * kOver, 15 * kOver);
    cv::rectangle(page, box, solid ? colour : cv::Scalar(90, 90, 90), cv::FILLED);
    cv::rectangle(page, box, colour, 2 * kOver);
    write_text(page, text, x + 30, y, 0.48, kInk);
    x += 30 + cv::getTextSize(text, cv::FONT_HERSHEY_DUPLEX, 0.48, 1, nullptr).width + 20;
  };
  entry(kFarmland, "suspected farmland occupation (S3, S4)", true);
  entry(kMining, "suspected mining disturbance (S3, S4)", true);
  entry(kNoted, "noted (such as inside approved land)", true);
  entry(kUnmarked, "change without a mark (crops and such)", false);
  entry(kLegal, "approval or licence", false);
}

void save_png(const cv::Mat& page, const std::string& path) {
  GDALDriver* memory = GetGDALDriverManager()->GetDriverByName("MEM");
  GDALDriver* png = GetGDALDriverManager()->GetDriverByName("PNG");
  if (memory == nullptr || png == nullptr) throw std::runtime_error("this GDAL has no PNG driver");
  GDALDatasetUniquePtr dataset(memory->Create("", page.cols, page.rows, 3, GDT_Byte, nullptr));
  int order[] = {3, 2, 1};
  if (!dataset ||
      dataset->RasterIO(GF_Write, 0, 0, page.cols, page.rows, page.data, page.cols, page.rows, GDT_Byte, 3,
                        order, 3, static_cast<GSpacing>(page.step[0]), 1, nullptr) != CE_None) {
    throw std::runtime_error("cannot hold the picture in memory");
  }
  const std::string was = CPLGetConfigOption("GDAL_PAM_ENABLED", "");
  CPLSetThreadLocalConfigOption("GDAL_PAM_ENABLED", "NO");
  const GDALDatasetUniquePtr written(
      png->CreateCopy(path.c_str(), dataset.get(), FALSE, nullptr, nullptr, nullptr));
  CPLSetThreadLocalConfigOption("GDAL_PAM_ENABLED", was.empty() ? nullptr : was.c_str());
  if (!written) throw std::runtime_error("cannot write " + path + ": " + CPLGetLastErrorMsg());
}

}  // namespace

void picture(const std::string& folder, const std::string& result, const std::string& png) {
  GDALAllRegister();
  const std::filesystem::path base(folder);
  const Image before((base / "before.tif").string(), (base / "before_valid.tif").string());
  const Image after((base / "after.tif").string(), (base / "after_valid.tif").string());
  const std::vector<FoundPatch> patches = read_patches(result);
  const std::vector<TruePlanted> planted = read_planted(folder);
  const std::vector<GeometryPtr> legal = legal_outlines(folder);

  const int panel = (kWidth - 2 * kMargin - 2 * kGap) / 3;
  const int tall =
      std::min(panel * 2, static_cast<int>(std::lround(1.0 * panel * before.height() / before.width())));
  const auto shown = examples(planted);
  const int inset = (kWidth - 2 * kMargin - 3 * kGap - 4 * 4) / 8;
  const int top = 92, inset_top = top + tall + 48, bottom = shown.empty() ? top + tall : inset_top + inset;
  cv::Mat page((bottom + 48) * kOver, kWidth * kOver, CV_8UC3, kPaper);

  char line[200];
  std::snprintf(line, sizeof line, "%d x %d pixels at %g m, %zu patches, %zu marked S3 or S4", before.width(),
                before.height(), before.pixel(), patches.size(),
                static_cast<std::size_t>(std::count_if(patches.begin(), patches.end(),
                                                       [](const FoundPatch& p) { return p.marked(); })));
  write_text(page, "Tuban: change patches, marked by rules", kMargin, 40, 0.95, kInk, 2);
  const int right = cv::getTextSize(line, cv::FONT_HERSHEY_DUPLEX, 0.55, 1, nullptr).width;
  write_text(page, line, kWidth - kMargin - right, 40, 0.55, kSoft);

  const char* captions[] = {"before, 2023-05-18", "after, 2023-10-12", "after, with patches by mark"};
  for (int i = 0; i < 3; ++i) {
    const Image& image = i == 0 ? before : after;
    const double w = image.width(), h = image.height();
    Frame frame{image, 0, 0, w, h, image.show(0, 0, w, h, panel * kOver, tall * kOver)};
    if (i == 2) {
      // Dimmed and paled, so that colour means a mark.
      cv::Mat grey;
      cv::cvtColor(frame.canvas, grey, cv::COLOR_BGR2GRAY);
      cv::cvtColor(grey, grey, cv::COLOR_GRAY2BGR);
      cv::addWeighted(frame.canvas, 0.35, grey, 0.35, 0, frame.canvas);
      draw_patches(frame, patches, 0.6, 3, 9);
    }
    const int x = kMargin + i * (panel + kGap);
    write_text(page, captions[i], x, top - 12, 0.6, kInk);
    paste(page, frame.canvas, x, top);
  }
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const TruePlanted& example = *shown[i];
    const OGREnvelope& box = example.box;
    const double least = std::min({150.0 / before.pixel(), 1.0 * before.width(), 1.0 * before.height()});
    const double side =
        std::min(std::max(least, 2.0 * std::max(box.MaxX - box.MinX, box.MaxY - box.MinY) / before.pixel()),
                 1.0 * std::min(before.width(), before.height()));
    const cv::Point2d middle = before.pixel_of((box.MinX + box.MaxX) / 2, (box.MinY + box.MaxY) / 2);
    const double wx = std::clamp(middle.x - side / 2, 0.0, before.width() - side);
    const double wy = std::clamp(middle.y - side / 2, 0.0, before.height() - side);
    const int x = kMargin + static_cast<int>(i) * (2 * inset + 4 + kGap);
    write_text(page,
               example.kind +
                   (example.kind == "quarry" ? ", " + words(example.situation.substr(7)) + " licence"
                                             : ", " + words(example.situation)) +
                   ": " + verdict(example, patches),
               x, inset_top - 10, 0.5, kInk);
    for (int date = 0; date < 2; ++date) {
      const Image& image = date == 0 ? before : after;
      Frame frame{image, wx, wy, side, side, image.show(wx, wy, side, side, inset * kOver, inset * kOver)};
      if (date == 1) draw_patches(frame, patches, 0.0, 5, 0);
      for (const GeometryPtr& shape : legal) {
        Contours contours;
        contours_of(*shape, frame, contours);
        cv::polylines(frame.canvas, contours, true, kLegal, 3, cv::LINE_AA, kShiftBits);
      }
      paste(page, frame.canvas, x + date * (inset + 4), inset_top);
    }
  }
  legend(page, bottom + 30);
  cv::Mat out;
  cv::resize(page, out, {}, 1.0 / kOver, 1.0 / kOver, cv::INTER_AREA);
  save_png(out, png);
}

}  // namespace tuban::scene
