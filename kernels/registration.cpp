// SPDX-License-Identifier: Apache-2.0
#include "kernels/registration.h"

#include <algorithm>
#include <cmath>

namespace tuban::kernels {
namespace {

// Cycles per pixel. Beyond, sensors alias and noise rules: with .25 windows scatter 1.5 times as much, with
// .5 fractions of aliased scenes are drawn to whole pixels.
constexpr double kCutOff = 0.35;
// The highest of n/2 x n/2 samples of noise is 4 to 7 times their root mean square.
constexpr double kClear = 8;
// Another peak nearly as high, as rows of trees and roofs have: which of them it is nobody can tell.
constexpr float kAmbiguous = 0.6F;
constexpr int kPeakRadius = 3;
constexpr int kFewestWindows = 3;
// Coordinates of the continuous surface are multiples of 2^-kFineBits pixels where it is evaluated.
constexpr int kFineBits = 8;

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// exp(2 pi i k / size), k = 0 .. size - 1: chords are halved, so there is nothing but + / and sqrt.
void unit_roots(int size, std::vector<double>& re, std::vector<double>& im) {
  re = {1, 0, -1, 0};
  im = {0, 1, 0, -1};
  while (std::ssize(re) < size) {
    const std::size_t n = re.size();
    std::vector<double> finer_re, finer_im;
    for (std::size_t k = 0; k < n; ++k) {
      const double x = re[k] + re[(k + 1) % n];
      const double y = im[k] + im[(k + 1) % n];
      const double length = std::sqrt(x * x + y * y);
      finer_re.insert(finer_re.end(), {re[k], x / length});
      finer_im.insert(finer_im.end(), {im[k], y / length});
    }
    re = std::move(finer_re);
    im = std::move(finer_im);
  }
}

}  // namespace

WindowMatcher::WindowMatcher(int size) : size_(size), cut_off_(static_cast<int>(kCutOff * size)) {
  std::vector<double> re, im;
  unit_roots(size, re, im);
  for (int k = 0; k < size; ++k) {
    root_re_.push_back(static_cast<float>(re[static_cast<std::size_t>(k)]));
    root_im_.push_back(static_cast<float>(-im[static_cast<std::size_t>(k)]));
    hann_.push_back(static_cast<float>((1 - re[static_cast<std::size_t>(k)]) / 2));
  }
  double x = re[1];
  double y = im[1];
  for (int k = 0; k <= kFineBits; ++k) {
    step_re_.push_back(x);
    step_im_.push_back(y);
    const double length = std::sqrt((1 + x) * (1 + x) + y * y);
    x = (1 + x) / length;
    y /= length;
  }
  for (int k = 0; k < size; ++k) {
    int turned = 0;
    for (int bit = 1, from = k; bit < size; bit *= 2, from /= 2) turned = 2 * turned + from % 2;
    reversed_.push_back(turned);
  }
  const auto pixels = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  inner_.resize(pixels);
  values_.resize(pixels);
  for (Plane* plane : {&work_, &sum_}) {
    plane->re.resize(pixels);
    plane->im.resize(pixels);
  }
}

// Decimation in time over rows; every column is one transform.
void WindowMatcher::transform_columns(Plane& plane) const {
  const auto n = static_cast<std::size_t>(size_);
  for (std::size_t k = 0; k < n; ++k) {
    const auto other = static_cast<std::size_t>(reversed_[k]);
    if (other <= k) continue;
    for (auto* values : {&plane.re, &plane.im})
      std::swap_ranges(values->begin() + static_cast<std::ptrdiff_t>(k * n),
                       values->begin() + static_cast<std::ptrdiff_t>((k + 1) * n),
                       values->begin() + static_cast<std::ptrdiff_t>(other * n));
  }
  for (std::size_t half = 1; half < n; half *= 2)
    for (std::size_t k = 0; k < half; ++k) {
      const float wr = root_re_[k * (n / (2 * half))];
      const float wi = root_im_[k * (n / (2 * half))];
      for (std::size_t row = k; row < n; row += 2 * half) {
        float* ar = plane.re.data() + row * n;
        float* ai = plane.im.data() + row * n;
        float* br = ar + half * n;
        float* bi = ai + half * n;
        for (std::size_t c = 0; c < n; ++c) {
          const float tr = wr * br[c] - wi * bi[c];
          const float ti = wr * bi[c] + wi * br[c];
          br[c] = ar[c] - tr;
          bi[c] = ai[c] - ti;
          ar[c] += tr;
          ai[c] += ti;
        }
      }
    }
}

void WindowMatcher::transpose(std::vector<float>& values) const {
  constexpr std::size_t kSide = 16;
  const auto n = static_cast<std::size_t>(size_);
  for (std::size_t top = 0; top < n; top += kSide)
    for (std::size_t left = top; left < n; left += kSide)
      for (std::size_t y = top; y < top + kSide; ++y)
        for (std::size_t x = left == top ? y + 1 : left; x < left + kSide; ++x)
          std::swap(values[y * n + x], values[x * n + y]);
}

void WindowMatcher::transform(Plane& plane) const {
  transform_columns(plane);
  transpose(plane.re);
  transpose(plane.im);
  transform_columns(plane);
  transpose(plane.re);
  transpose(plane.im);
}

// Before becomes the real part of the work plane and after the imaginary one, both of one strength. False
// where one of them is flat.
bool WindowMatcher::high_pass(const PairView& pair, std::size_t band) {
  const auto n = static_cast<std::size_t>(size_);
  for (const bool later : {false, true}) {
    std::vector<float>& out = later ? work_.im : work_.re;
    std::fill(out.begin(), out.end(), 0.F);
    double power = 0;
    with_sample_type(pair.type, [&](auto zero) {
      using Native = decltype(zero);
      const auto* from = reinterpret_cast<const Native*>((later ? pair.after : pair.before)[band]);
      for (std::size_t y = 0; y < n; ++y)
        for (std::size_t x = 0; x < n; ++x)
          values_[y * n + x] = static_cast<float>(
              from[static_cast<std::ptrdiff_t>(y) * pair.stride + static_cast<std::ptrdiff_t>(x)]);
    });
    for (std::size_t y = 1; y + 1 < n; ++y)
      for (std::size_t x = 1; x + 1 < n; ++x) {
        const std::size_t at = y * n + x;
        if (!inner_[at]) continue;
        const float value = (values_[at] - values_[at - 1]) + (values_[at] - values_[at + 1]) +
                            (values_[at] - values_[at - n]) + (values_[at] - values_[at + n]);
        out[at] = value * (hann_[x] * hann_[y]);
        power += static_cast<double>(out[at]) * static_cast<double>(out[at]);
      }
    if (!(power > 0) || !(power < 1e300)) return false;
    const auto scale = static_cast<float>(static_cast<double>(size_) / std::sqrt(power));
    for (float& value : out) value *= scale;
  }
  return true;
}

// Two real images in one transform Z: A = (Z(f) + Z*(-f)) / 2, B = (Z(f) - Z*(-f)) / 2i.
void WindowMatcher::add_cross_spectrum() {
  const auto n = static_cast<std::size_t>(size_);
  for (std::size_t y = 0; y < n; ++y) {
    const std::size_t other_row = (n - y) % n * n;
    for (std::size_t x = 0; x < n; ++x) {
      const std::size_t at = y * n + x;
      const std::size_t other = other_row + (n - x) % n;
      const float ar = work_.re[at] + work_.re[other];
      const float ai = work_.im[at] - work_.im[other];
      const float br = work_.im[at] + work_.im[other];
      const float bi = work_.re[other] - work_.re[at];
      sum_.re[at] += br * ar + bi * ai;
      sum_.im[at] += bi * ar - br * ai;
    }
  }
}

void WindowMatcher::whiten() {
  const int n = size_;
  const auto frequency = [n](int k) { return k < n / 2 ? k : k - n; };
  const double limit = static_cast<double>(cut_off_) * cut_off_;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      const auto at = static_cast<std::size_t>(y) * static_cast<std::size_t>(n) + static_cast<std::size_t>(x);
      const double fx = frequency(x);
      const double fy = frequency(y);
      const double inside = 1 - (fx * fx + fy * fy) / limit;
      const double re = sum_.re[at];
      const double im = sum_.im[at];
      const double length = std::sqrt(re * re + im * im);
      const double weight = inside > 0 && length > 0 ? inside * inside / length : 0;
      sum_.re[at] = static_cast<float>(re * weight);
      sum_.im[at] = static_cast<float>(im * weight);
    }
}

// The surface at (x, y) from frequencies -cut_off_ .. cut_off_ along x for the rows 0 .. cut_off_ of the
// spectrum; the other half is its conjugate.
double WindowMatcher::surface(const std::vector<double>& re, const std::vector<double>& im, double x,
                              double y) const {
  const auto phase = [&](double at, double& pr, double& pi) {
    const auto fine = static_cast<std::int64_t>(std::llround(at * (1 << kFineBits)));
    std::int64_t left = fine < 0 ? -fine : fine;
    pr = 1;
    pi = 0;
    const auto turn = [&](double sr, double si) {
      const double r = pr * sr - pi * si;
      pi = pr * si + pi * sr;
      pr = r;
    };
    for (int bit = 0; bit < kFineBits; ++bit, left /= 2)
      if (left % 2)
        turn(step_re_[static_cast<std::size_t>(kFineBits - bit)],
             step_im_[static_cast<std::size_t>(kFineBits - bit)]);
    for (; left > 0; --left) turn(step_re_[0], step_im_[0]);
    if (fine < 0) pi = -pi;
  };
  double xr = 1, xi = 0, yr = 1, yi = 0;
  phase(x, xr, xi);
  phase(y, yr, yi);
  const int c = cut_off_;
  const auto width = static_cast<std::size_t>(2 * c + 1);
  std::vector<double> er(width), ei(width);
  er[static_cast<std::size_t>(c)] = 1;
  for (int k = 1; k <= c; ++k) {
    const auto up = static_cast<std::size_t>(c + k);
    er[up] = er[up - 1] * xr - ei[up - 1] * xi;
    ei[up] = er[up - 1] * xi + ei[up - 1] * xr;
    er[static_cast<std::size_t>(c - k)] = er[up];
    ei[static_cast<std::size_t>(c - k)] = -ei[up];
  }
  double total = 0, fr = 1, fi = 0;
  for (int row = 0; row <= c; ++row) {
    const std::size_t at = static_cast<std::size_t>(row) * width;
    double sr = 0, si = 0;
    for (std::size_t k = 0; k < width; ++k) {
      sr += re[at + k] * er[k] - im[at + k] * ei[k];
      si += re[at + k] * ei[k] + im[at + k] * er[k];
    }
    total += (row == 0 ? 1 : 2) * (sr * fr - si * fi);
    const double r = fr * yr - fi * yi;
    fi = fr * yi + fi * yr;
    fr = r;
  }
  return total;
}

WindowShift WindowMatcher::peak() {
  const int n = size_;
  const auto index = [n](int y, int x) {
    return static_cast<std::size_t>((y + n) % n) * static_cast<std::size_t>(n) +
           static_cast<std::size_t>((x + n) % n);
  };
  std::vector<double> re, im;
  for (int y = 0; y <= cut_off_; ++y)
    for (int x = -cut_off_; x <= cut_off_; ++x) {
      re.push_back(sum_.re[index(y, x)]);
      im.push_back(sum_.im[index(y, x)]);
    }
  // The inverse transform is the forward one of the conjugate, up to a conjugate that a real surface has not.
  work_ = sum_;
  for (float& value : work_.im) value = -value;
  transform(work_);
  double squares = 0;
  for (const float value : work_.re) squares += static_cast<double>(value) * static_cast<double>(value);
  const int reach = n / 4;
  int best_x = 0, best_y = 0;
  for (int y = -reach; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x)
      if (work_.re[index(y, x)] > work_.re[index(best_y, best_x)]) {
        best_x = x;
        best_y = y;
      }
  float second = 0;
  for (int y = -reach; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x)
      if (std::max(std::abs(x - best_x), std::abs(y - best_y)) > kPeakRadius)
        second = std::max(second, work_.re[index(y, x)]);
  WindowShift found;
  if (!(squares > 0) || second > kAmbiguous * work_.re[index(best_y, best_x)]) return found;
  double x = best_x, y = best_y, top = 0;
  for (const double step : {0.5, 0.125, 0.03125}) {
    top = surface(re, im, x, y);
    const auto vertex = [&](double lower, double upper) {
      const double bend = lower + upper - 2 * top;
      return bend < 0 ? std::clamp((lower - upper) / (2 * bend), -1.5, 1.5) * step : 0;
    };
    const double dx = vertex(surface(re, im, x - step, y), surface(re, im, x + step, y));
    const double dy = vertex(surface(re, im, x, y - step), surface(re, im, x, y + step));
    x += dx;
    y += dy;
    if (step > 0.03125) {
      x = std::round(x * (1 << kFineBits)) / (1 << kFineBits);
      y = std::round(y * (1 << kFineBits)) / (1 << kFineBits);
    }
  }
  found.x = -x;
  found.y = -y;
  found.response = top / std::sqrt(squares / (static_cast<double>(n) * n));
  return found;
}

WindowShift WindowMatcher::match(const PairView& pair) {
  const auto n = static_cast<std::size_t>(size_);
  const auto valid = [&](std::size_t y, std::size_t x) {
    return pair.valid.row(static_cast<int>(y))[x] == 1;
  };
  std::size_t count = 0;
  for (std::size_t y = 0; y < n; ++y)
    for (std::size_t x = 0; x < n; ++x) {
      const bool inside = y > 0 && x > 0 && y + 1 < n && x + 1 < n;
      count += valid(y, x) ? 1 : 0;
      inner_[y * n + x] =
          inside && valid(y, x) && valid(y, x - 1) && valid(y, x + 1) && valid(y - 1, x) && valid(y + 1, x);
    }
  if (10 * count < 9 * n * n) return {};
  std::fill(sum_.re.begin(), sum_.re.end(), 0.F);
  std::fill(sum_.im.begin(), sum_.im.end(), 0.F);
  bool any = false;
  const auto bands = static_cast<std::size_t>(pair.bands());
  for (std::size_t b = 0; b < bands; ++b) {
    if (!high_pass(pair, b)) continue;
    any = true;
    transform(work_);
    add_cross_spectrum();
  }
  if (!any) return {};
  whiten();
  return peak();
}

Shift agree(std::span<const WindowShift> windows) {
  Shift shift;
  std::vector<const WindowShift*> clear;
  std::vector<double> xs, ys;
  for (const WindowShift& window : windows)
    if (window.response >= kClear) {
      clear.push_back(&window);
      xs.push_back(window.x);
      ys.push_back(window.y);
    }
  shift.matched = static_cast<int>(clear.size());
  if (shift.matched < kFewestWindows) return shift;
  const double middle_x = median(xs);
  const double middle_y = median(ys);
  const auto distance = [](const WindowShift& window, double x, double y) {
    return std::sqrt((window.x - x) * (window.x - x) + (window.y - y) * (window.y - y));
  };
  std::vector<double> away;
  for (const WindowShift* window : clear) away.push_back(distance(*window, middle_x, middle_y));
  const double most = std::max(0.25, 3 * median(away));
  std::vector<const WindowShift*> kept;
  double weights = 0, x = 0, y = 0;
  for (const WindowShift* window : clear) {
    if (distance(*window, middle_x, middle_y) > most) continue;
    const double weight = window->response * window->response;
    weights += weight;
    x += weight * window->x;
    y += weight * window->y;
    kept.push_back(window);
  }
  shift.used = static_cast<int>(kept.size());
  // Windows that agree only because their median lies far from all of them have found nothing.
  if (shift.used < kFewestWindows || 2 * shift.used < shift.matched || most > 3) return shift;
  shift.found = true;
  shift.x = x / weights;
  shift.y = y / weights;
  double variance_x = 0, variance_y = 0;
  away.clear();
  for (const WindowShift* window : kept) {
    const double weight = window->response * window->response / weights;
    variance_x += weight * weight * (window->x - shift.x) * (window->x - shift.x);
    variance_y += weight * weight * (window->y - shift.y) * (window->y - shift.y);
    away.push_back(distance(*window, shift.x, shift.y));
  }
  shift.error = std::sqrt(std::max(variance_x, variance_y));
  shift.scatter = median(away);
  return shift;
}

}  // namespace tuban::kernels
