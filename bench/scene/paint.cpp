// SPDX-License-Identifier: Apache-2.0
// Every half pixel gets a material per date and a reflectance from textures that both dates share; a point
// spread function 7 half pixels wide then makes pixels of them, centred a part of a pixel further right and
// down on the second date. So misregistration and mixed edges are as a sensor makes them, not as a resampler
// does.
#include "bench/scene/paint.h"

#include <algorithm>
#include <cmath>

#include "bench/scene/noise.h"

namespace tuban::scene {
namespace {

constexpr std::uint32_t kNothing = UINT32_MAX;
constexpr int kTaps = 7;
constexpr int kReliefStep = 3;

struct Look {
  std::array<float, kBands> base;   // reflectance: blue, green, red, near infrared
  float fine, mid, coarse;          // relative amplitude of texture at 1, 6 and 40 half pixels
  std::array<float, kBands> green;  // relative response to vigor
  float restless;                   // vigor that comes and goes between the dates, by place
  float relief;                     // how much the slope of the land shades it
};

constexpr std::array<float, kBands> kCrop{-0.06F, -0.02F, -0.18F, 0.20F}, kNone{0, 0, 0, 0};

constexpr std::array<Look, static_cast<std::size_t>(Material::count)> kLooks{{
    {{.11F, .13F, .15F, .22F}, .06F, .08F, .06F, kNone, 0, 0},       // track
    {{.07F, .10F, .09F, .26F}, .08F, .10F, .06F, kCrop, .1F, 0},     // bund
    {{.04F, .07F, .05F, .38F}, .05F, .06F, .05F, kCrop, .25F, 0},    // growing
    {{.06F, .10F, .10F, .36F}, .05F, .06F, .05F, kCrop, .15F, 0},    // ripe
    {{.08F, .10F, .13F, .25F}, .06F, .08F, .07F, kCrop, .1F, 0},     // stubble
    {{.06F, .07F, .06F, .08F}, .05F, .06F, .10F, kNone, 0, 0},       // flooded
    {{.05F, .08F, .07F, .34F}, .09F, .09F, .06F, kCrop, .2F, 0},     // dry_crop
    {{.07F, .08F, .05F, .03F}, .02F, .02F, .05F, kNone, 0, 0},       // pond
    {{.08F, .10F, .08F, .04F}, .02F, .02F, .06F, kNone, 0, 0},       // river
    {{.03F, .05F, .04F, .35F}, .10F, .16F, .06F, kCrop, .12F, .9F},  // forest
    {{.03F, .06F, .04F, .33F}, .12F, .20F, .06F, kCrop, .1F, 0},     // tree
    {{.13F, .14F, .15F, .20F}, .08F, .14F, .06F, kNone, 0, 0},       // village_ground
    {{.10F, .15F, .25F, .32F}, .06F, .10F, .10F, kNone, 0, 0},       // laterite
    {{.28F, .30F, .31F, .33F}, .04F, .05F, .02F, kNone, 0, 0},       // concrete
    {{.35F, .28F, .22F, .30F}, .03F, .04F, .02F, kNone, 0, 0},       // blue_metal
    {{.12F, .13F, .19F, .24F}, .05F, .06F, .02F, kNone, 0, 0},       // tile_roof
    {{.10F, .11F, .12F, .14F}, .05F, .06F, .02F, kNone, 0, 0},       // old_roof
    {{.25F, .28F, .31F, .36F}, .10F, .20F, .10F, kNone, 0, .5F},     // rock
    {{.08F, .09F, .10F, .12F}, .05F, .05F, .03F, kNone, 0, 0},       // asphalt
}};

/// A shape as it looks on one date, tone and constants folded in.
struct Tint {
  const Look* look = nullptr;
  std::array<float, kBands> base{};
  float vigor = 0;
  bool rock = false;
  Point centre;

  Tint() = default;
  Tint(Material material, float tone, float green, Point where)
      : look(&kLooks[static_cast<std::size_t>(material)]),
        vigor(green),
        rock(material == Material::rock),
        centre(where) {
    for (std::size_t b = 0; b < kBands; ++b) base[b] = look->base[b] * tone;
  }
};

std::array<float, kTaps> spread(double shift) {
  std::array<float, kTaps> taps{};
  constexpr double kSigma = 0.9;  // half pixels: a square detector and a slightly soft lens
  double sum = 0;
  std::array<double, kTaps> weights{};
  for (int i = 0; i < kTaps; ++i) {
    const double away = (i - 2.5 - 2 * shift) / kSigma;
    sum += weights[static_cast<std::size_t>(i)] = std::exp(-away * away / 2);
  }
  for (std::size_t i = 0; i < kTaps; ++i) taps[i] = static_cast<float>(weights[i] / sum);
  return taps;
}

double cloud_field(const Cloud& cloud, Point p) {
  const double r = distance(p, cloud.centre);
  if (r > 1.45 * cloud.radius) return -1;
  return 1 - r / cloud.radius + 0.25 * value_noise(cloud.seed, p.x, p.y, 0.55 * cloud.radius) +
         0.10 * value_noise(cloud.seed + 1, p.x, p.y, 0.17 * cloud.radius);
}

}  // namespace

/// Half pixels under one rectangle.
struct Painter::Ground {
  int x0 = 0, y0 = 0, width = 0, height = 0;
  std::vector<std::uint32_t> before, after;  ///< `after` is empty where nothing was planted
  std::vector<double> crossings;
};

SkyAt sky_at(const Sky& sky, double scale, Point p) {
  SkyAt at;
  for (const Cloud& cloud : sky.clouds) {
    const Point source{p.x - sky.shadow.x, p.y - sky.shadow.y};
    // The mask is a little wider than the cloud, and here and there a little short of it, as masks are.
    const double ragged = 0.03 - 0.055 * value_noise(cloud.seed + 2, p.x, p.y, 25 * scale);
    const double over = cloud_field(cloud, p), above = cloud_field(cloud, source);
    at.cloud = std::max(at.cloud, static_cast<float>(std::clamp(over * 3.5, 0.0, 1.0)));
    at.shadow = std::max(at.shadow, static_cast<float>(std::clamp(above * 4.0, 0.0, 1.0)));
    at.masked = at.masked || over > -ragged || above > -ragged;
  }
  return at;
}

bool sky_meets(const Sky& sky, const Box& box) {
  return std::any_of(sky.clouds.begin(), sky.clouds.end(), [&](const Cloud& cloud) {
    const Point c = cloud.centre, d{c.x + sky.shadow.x, c.y + sky.shadow.y};
    const double r = 1.45 * cloud.radius;
    return box.meets({c.x - r, c.y - r, c.x + r, c.y + r}) || box.meets({d.x - r, d.y - r, d.x + r, d.y + r});
  });
}

Painter::Painter(const Layout& layout, const Options& options)
    : layout_(layout),
      half_(options.gsd / 2),
      shift_(options.shift),
      bin_(256),
      columns_((options.width + bin_ - 1) / bin_) {
  Random random(layout.seed + 5);
  for (std::size_t b = 0; b < kBands; ++b) {
    gain_[0][b] = 1;
    offset_[0][b] = 0;
    gain_[1][b] = static_cast<float>(random.uniform(0.90, 1.12));
    offset_[1][b] = static_cast<float>(random.uniform(-60, 120));
  }
  const int rows = (options.height + bin_ - 1) / bin_;
  bins_.resize(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows));
  const double side = bin_ * options.gsd, halo = 6 * half_;
  for (std::size_t i = 0; i < layout.shapes.size(); ++i) {
    const Box box = box_of(layout.shapes[i].polygon).grown(halo);
    if (!box.meets({0, 0, layout.width, layout.height})) continue;
    const auto bin = [&](double v, int count) {
      return std::clamp(static_cast<int>(std::floor(v / side)), 0, count - 1);
    };
    for (int y = bin(box.y0, rows); y <= bin(box.y1, rows); ++y) {
      for (int x = bin(box.x0, columns_); x <= bin(box.x1, columns_); ++x) {
        bins_[static_cast<std::size_t>(y * columns_ + x)].push_back(static_cast<std::uint32_t>(i));
      }
    }
  }
}

/// Even-odd scanline fill at half-pixel centres.
void Painter::burn(const Shape& shape, std::uint32_t index, Ground& ground) const {
  const Box box = box_of(shape.polygon);
  const int first = std::max(0, static_cast<int>(std::floor(box.y0 / half_)) - ground.y0);
  const int last = std::min(ground.height - 1, static_cast<int>(std::floor(box.y1 / half_)) - ground.y0);
  std::vector<std::uint32_t>& to = shape.planted ? ground.after : ground.before;
  for (int row = first; row <= last; ++row) {
    const double y = (ground.y0 + row + 0.5) * half_;
    ground.crossings.clear();
    for (const Ring& ring : shape.polygon) {
      Point a = ring.back();
      for (const Point& b : ring) {
        if ((a.y > y) != (b.y > y)) ground.crossings.push_back(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
        a = b;
      }
    }
    std::sort(ground.crossings.begin(), ground.crossings.end());
    std::uint32_t* line = to.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(ground.width);
    for (std::size_t i = 0; i + 1 < ground.crossings.size(); i += 2) {
      const int from =
          std::max(0, static_cast<int>(std::ceil(ground.crossings[i] / half_ - 0.5)) - ground.x0);
      const int end = std::min(
          ground.width, static_cast<int>(std::ceil(ground.crossings[i + 1] / half_ - 0.5)) - ground.x0);
      if (from < end) std::fill(line + from, line + end, index);
    }
  }
}

void Painter::paint(int x, int y, int width, int height, Painted& out) const {
  Ground ground;
  ground.x0 = 2 * x - 2;
  ground.y0 = 2 * y - 2;
  ground.width = 2 * width + kTaps - 2;
  ground.height = 2 * height + kTaps - 2;
  const auto places = static_cast<std::size_t>(ground.width) * static_cast<std::size_t>(ground.height);
  ground.before.assign(places, kNothing);
  const Box box{ground.x0 * half_, ground.y0 * half_, (ground.x0 + ground.width) * half_,
                (ground.y0 + ground.height) * half_};
  std::vector<std::uint32_t> near;
  for (int j = y / bin_; j <= (y + height - 1) / bin_; ++j) {
    for (int i = x / bin_; i <= (x + width - 1) / bin_; ++i) {
      const auto& bin = bins_[static_cast<std::size_t>(j * columns_ + i)];
      near.insert(near.end(), bin.begin(), bin.end());
    }
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  bool hilly = false;
  for (const std::uint32_t i : near) {
    const Shape& shape = layout_.shapes[i];
    if (!box_of(shape.polygon).meets(box)) continue;
    if (shape.planted && ground.after.empty()) ground.after = ground.before;
    hilly = hilly || shape.after == Material::forest || shape.after == Material::rock;
    burn(shape, i, ground);
  }

  const std::uint64_t seed = layout_.seed + 100;
  std::vector<float> mid, coarse, lush, relief, slow_relief, relief_fine;
  std::array<std::vector<float>, 2> season;
  const auto field = [&](std::uint64_t stream, int period, std::vector<float>& into, int more = 0) {
    fill_value_noise(seed + stream, period, ground.x0, ground.y0, ground.width + more, ground.height + more,
                     into);
  };
  field(1, 6, mid);
  field(2, 40, coarse);
  field(3, 60, lush);
  field(4, 24, season[0]);
  field(5, 24, season[1]);
  const int relief_width = ground.width + kReliefStep;
  if (hilly) {
    field(6, 110, relief, kReliefStep);
    field(7, 30, relief_fine, kReliefStep);
  }

  const std::array<std::array<float, kTaps>, 2> taps{spread(0), spread(shift_)};
  const auto columns = static_cast<std::size_t>(ground.width), pixels = static_cast<std::size_t>(width);
  std::array<std::vector<float>, kBands> line;
  for (auto& band : line) band.resize(columns);
  // Half-pixel rows, filtered along x; [date][band][row * width + pixel].
  std::array<std::array<std::vector<float>, kBands>, 2> rows;
  for (auto& date : rows) {
    for (auto& band : date) band.resize(static_cast<std::size_t>(ground.height) * pixels);
  }
  const auto restless = static_cast<float>(layout_.restless);
  const Tint bare(Material::track, 1, 0, {});
  for (int row = 0; row < ground.height; ++row) {
    const std::size_t start = static_cast<std::size_t>(row) * columns;
    for (std::size_t date = 0; date < 2; ++date) {
      const std::uint32_t* labels =
          (date == 1 && !ground.after.empty() ? ground.after : ground.before).data() + start;
      std::uint32_t label = kNothing;
      Tint tint = bare;
      for (std::size_t c = 0; c < columns; ++c) {
        if (labels[c] != label) {
          label = labels[c];
          if (label == kNothing) {
            tint = bare;
          } else {
            const Shape& shape = layout_.shapes[label];
            tint = date == 0 ? Tint(shape.before, shape.tone_before, shape.vigor_before, shape.centre)
                             : Tint(shape.after, shape.tone_after, shape.vigor_after, shape.centre);
          }
        }
        const Look& look = *tint.look;
        const std::size_t at = start + c;
        const std::int64_t gx = ground.x0 + static_cast<std::int64_t>(c), gy = ground.y0 + row;
        float tone = 1 + look.fine * signed_unit(hash_at(seed, gx, gy)) + look.mid * mid[at] +
                     look.coarse * coarse[at];
        if (look.relief > 0) {
          const std::size_t here = static_cast<std::size_t>(row) * static_cast<std::size_t>(relief_width) + c;
          const std::size_t there = here + static_cast<std::size_t>(kReliefStep * (relief_width + 1));
          tone *= 1 + look.relief * (2.6F * (relief[there] - relief[here]) +
                                     0.35F * (relief_fine[there] - relief_fine[here]));
        }
        if (tint.rock) {
          // Benches: a bright floor, then a face that is dark towards the north-west.
          const double dx = (static_cast<double>(gx) + 0.5) * half_ - tint.centre.x;
          const double dy = (static_cast<double>(gy) + 0.5) * half_ - tint.centre.y;
          const double d = std::hypot(dx, dy) + 1e-6, bench = 20 * layout_.scale;
          const double step = (d + 0.6 * bench * double{coarse[at]}) / bench;
          const double phase = (step - std::floor(step)) / 0.4;
          const double face = phase < 1 ? 4 * phase * (1 - phase) : 0;  // 1 in the middle of the face
          tone *= static_cast<float>(1 - face * (0.38 + 0.32 * (dx + dy) / (1.4143 * d)));
        }
        tone = std::max(tone, 0.2F);
        const float vigor = tint.vigor + 0.35F * lush[at] + look.restless * restless * season[date][at];
        for (std::size_t b = 0; b < kBands; ++b)
          line[b][c] = tint.base[b] * tone * (1 + look.green[b] * vigor);
      }
      for (std::size_t b = 0; b < kBands; ++b) {
        float* to = rows[date][b].data() + static_cast<std::size_t>(row) * pixels;
        for (std::size_t p = 0; p < pixels; ++p) {
          float sum = 0;
          for (std::size_t k = 0; k < kTaps; ++k) sum += taps[date][k] * line[b][2 * p + k];
          to[p] = sum;
        }
      }
    }
  }

  static constexpr std::array<float, kBands> kCloud{.62F, .63F, .64F, .70F}, kDark{.40F, .45F, .49F, .54F};
  const std::size_t count = pixels * static_cast<std::size_t>(height);
  std::vector<float> sum(pixels);
  std::vector<SkyAt> above(pixels);
  for (std::size_t date = 0; date < 2; ++date) {
    const Sky& sky = layout_.sky[date];
    const bool cloudy = sky_meets(sky, box);
    out.valid[date].assign(count, 1);
    for (auto& band : out.samples[date]) band.resize(count);
    for (int row = 0; row < height; ++row) {
      const std::size_t to = static_cast<std::size_t>(row) * pixels;
      if (cloudy) {
        for (std::size_t p = 0; p < pixels; ++p) {
          above[p] = sky_at(sky, layout_.scale,
                            {(x + static_cast<double>(p) + 0.5) * 2 * half_, (y + row + 0.5) * 2 * half_});
          out.valid[date][to + p] = above[p].masked ? 0 : 1;
        }
      }
      for (std::size_t b = 0; b < kBands; ++b) {
        std::fill(sum.begin(), sum.end(), 0.F);
        for (std::size_t k = 0; k < kTaps; ++k) {
          const float* from = rows[date][b].data() + (2 * static_cast<std::size_t>(row) + k) * pixels;
          for (std::size_t p = 0; p < pixels; ++p) sum[p] += taps[date][k] * from[p];
        }
        const std::uint64_t sensor = seed + 50 + date * kBands + b;
        std::uint16_t* samples = out.samples[date][b].data() + to;
        for (std::size_t p = 0; p < pixels; ++p) {
          float value = sum[p];
          if (cloudy) {
            value *= 1 - kDark[b] * above[p].shadow;
            value += (kCloud[b] - value) * above[p].cloud;
          }
          value = value * 10000 * gain_[date][b] + offset_[date][b];
          value += (9 + 0.004F * value) * normal(hash_at(sensor, x + static_cast<std::int64_t>(p), y + row));
          samples[p] = static_cast<std::uint16_t>(std::clamp(value + 0.5F, 1.F, 65535.F));
        }
      }
    }
  }
}

}  // namespace tuban::scene
