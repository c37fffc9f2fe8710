/* SPDX-License-Identifier: Apache-2.0 */
/** @file
 * Tuban for C and for everything that calls C: a job in, marked change patches out, in files and in memory.
 *
 * Rules that hold for every function:
 * - Handles are made by tuban_*_new and the like and freed by tuban_*_free, which take NULL. A handle is used
 * by one thread at a time, but for tuban_job_cancel; different handles know nothing of each other, and jobs
 * may run at the same time in different threads. Nothing is global, and nothing is kept per thread.
 * - A function that may fail returns a status, and its handle keeps one plain sentence that says what is
 * wrong (tuban_job_error, tuban_result_error) until the next call with that handle. NULL for something that
 * is needed is TUBAN_USAGE, never a crash; pointers that point to nothing of the kind are the host's to
 * avoid.
 * - Structs begin with struct_size, which the host sets to sizeof the struct: TUBAN_USAGE where it is smaller
 * than the struct ever was or larger than the library knows. What is not set is 0, and 0 is always the
 * default.
 * - Strings are UTF-8 and end with 0. What the host gives is copied, but for the pixels of a raster and the
 *   buffers of a control. What the library gives belongs to it; each function says how long it lives.
 * - No C++ exception comes out. What a C++ callback of the host throws ends the run as TUBAN_RUNTIME.
 */
#ifndef TUBAN_H
#define TUBAN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TUBAN_C_API __attribute__((visibility("default")))
#else
#define TUBAN_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Of the functions and structs in this header: counts what is not compatible. */
#define TUBAN_ABI_VERSION 1

/** "major.minor.patch" of the library that is linked. Lives for ever. Any thread. */
TUBAN_C_API const char* tuban_version(void);

/** TUBAN_ABI_VERSION of the library that is linked; the host's own must be the same. Any thread. */
TUBAN_C_API uint32_t tuban_abi_version(void);

/** What kind of failure; the values are the exit codes of the command line. */
typedef enum tuban_status {
  TUBAN_OK = 0,
  TUBAN_RUNTIME = 1,    /**< a read or write failed, or an internal invariant did not hold */
  TUBAN_USAGE = 2,      /**< an argument, option, job, layer list or rulebook is wrong */
  TUBAN_MISMATCH = 3,   /**< inputs do not fit together: CRS, grid, bands, types, size of a buffer */
  TUBAN_RESOURCE = 4,   /**< not enough memory or disk */
  TUBAN_CANCELLED = 130 /**< stopped by the host */
} tuban_status;

/* ---- The job: what to compare, how, and where the result goes ---- */

typedef struct tuban_job tuban_job;

/** An empty job, the host's to free. NULL only where memory is out. Any thread. */
TUBAN_C_API tuban_job* tuban_job_new(void);

/** Frees a job that does not run. Results of its runs live on. */
TUBAN_C_API void tuban_job_free(tuban_job* job);

/** What went wrong in the last call with this job that returns a status; "" where nothing did. Lives until
 * the next such call. */
TUBAN_C_API const char* tuban_job_error(const tuban_job* job);

/** Replaces everything set so far by a job file (YAML or JSON). Relative paths in it are relative to the
 * file. After a failure the job is as before. */
TUBAN_C_API tuban_status tuban_job_load(tuban_job* job, const char* path);

/** Gives an option a value: the keys of a job file, such as "output", "layers", "min_area", and the same
 * values. Of a list the one value replaces what was there. NULL for options without a value, such as
 * "overwrite", which also take "true" and "false". After a failure the job is as before. */
TUBAN_C_API tuban_status tuban_job_set(tuban_job* job, const char* key, const char* value);

/** As tuban_job_set, with the values of a list, which replace what was there. */
TUBAN_C_API tuban_status tuban_job_set_list(tuban_job* job, const char* key, const char* const* values,
                                            size_t count);

/** Values of tuban_option.takes. */
enum { TUBAN_TAKES_VALUE = 0, TUBAN_TAKES_LIST = 1, TUBAN_TAKES_NOTHING = 2 };

/** One option of a job. The strings live for ever. */
typedef struct tuban_option {
  uint32_t struct_size;
  int32_t takes; /**< TUBAN_TAKES_... */
  const char* key;
  const char* group;   /**< heading in a help text */
  const char* expects; /**< what a value looks like, such as "4 or 8" */
  const char* help;
} tuban_option;

/** How many options there are. Any thread. */
TUBAN_C_API size_t tuban_option_count(void);

/** Fills `option` (whose struct_size is set), counted from 0. TUBAN_USAGE for a wrong number, NULL or
 * struct_size. Any thread. */
TUBAN_C_API tuban_status tuban_option_get(size_t number, tuban_option* option);

/* ---- Pixels from memory or from a function ---- */

/** Values of tuban_raster.type. */
enum { TUBAN_UINT8 = 0, TUBAN_UINT16 = 1, TUBAN_INT16 = 2, TUBAN_FLOAT32 = 3 };

/** What a band shows. */
enum {
  TUBAN_BAND_UNKNOWN = 0,
  TUBAN_BAND_BLUE = 1,
  TUBAN_BAND_GREEN = 2,
  TUBAN_BAND_RED = 3,
  TUBAN_BAND_RED_EDGE = 4,
  TUBAN_BAND_NIR = 5,
  TUBAN_BAND_SWIR1 = 6,
  TUBAN_BAND_SWIR2 = 7,
  TUBAN_BAND_SAR = 8
};

/** A part of a raster, to be read. */
typedef struct tuban_window {
  int32_t x, y, width, height;
} tuban_window;

/** Where a read function puts the samples of a window: sample (x, y) of band b of type T at
 * ((T*)planes[b])[y * stride + x]. `valid`, where it is not NULL, holds 1 for every pixel that counts so far,
 * at valid[y * valid_stride + x]; the function sets 0 where a pixel does not (nodata, NaN) and never 1. */
typedef struct tuban_buffer {
  uint32_t struct_size;
  uint32_t band_count;
  void* const* planes;
  ptrdiff_t stride; /**< in samples */
  uint8_t* valid;
  ptrdiff_t valid_stride;
} tuban_buffer;

/** Delivers the pixels of a window; 0 where it has. Anything else ends the run as TUBAN_RUNTIME. Called from
 * threads of the run, at most max_readers at once; the pointers are good for the call only. */
typedef int (*tuban_read)(void* user, const tuban_window* window, const tuban_buffer* into);

/** One acquisition: pixels in memory (`data`), or a function that delivers them (`read`). The struct and its
 * strings and arrays are copied; `data`, `valid` and `user` must live, unchanged, until the job is freed,
 * loaded anew or given another raster for the same date. */
typedef struct tuban_raster {
  uint32_t struct_size;
  int32_t type;     /**< TUBAN_UINT8 ... */
  const char* name; /**< stands for the scene in patch ids and messages */
  int32_t width, height;
  /** GDAL order: X = t[0] + px * t[1] + py * t[2], Y = t[3] + px * t[4] + py * t[5]. All 0: no georeference,
   * coordinates are pixels. */
  double transform[6];
  const char* crs;  /**< WKT or a code such as "EPSG:4549"; NULL or "": none, and then areas on the earth are
                       not known */
  const char* date; /**< ISO 8601; NULL: unknown */
  uint32_t band_count;
  const char* const* band_names; /**< NULL: "band 1" and so on */
  const int32_t* band_roles;     /**< TUBAN_BAND_...; NULL: unknown */
  const double* band_scales;     /**< physical value = scale * sample + offset; NULL: 1 */
  const double* band_offsets;    /**< NULL: 0 */

  /* Pixels in memory, never copied as a whole. Strides are in bytes and may be negative. */
  const void* data; /**< sample (0, 0) of band 0 */
  ptrdiff_t pixel_stride, row_stride, band_stride;
  const double* nodata; /**< NULL: none */
  const uint8_t* valid; /**< a plane, nonzero = valid; NULL: all are */
  ptrdiff_t valid_row_stride;

  /* Pixels from a function; then all of the paragraph above is NULL and 0. */
  tuban_read read;
  void* user;
  int32_t block_width, block_height; /**< windows are whole blocks but at the edges; 0: whole rows, 64 rows */
  int32_t max_readers;               /**< calls at once; 0: one */
} tuban_raster;

/** The earlier date. Takes the place of the option "before". */
TUBAN_C_API tuban_status tuban_job_set_before(tuban_job* job, const tuban_raster* raster);

/** The later date. Takes the place of the option "after". */
TUBAN_C_API tuban_status tuban_job_set_after(tuban_job* job, const tuban_raster* raster);

/* ---- Patches ---- */

/** A change patch with the most asked for of its columns; the rest is in `json`. Strings are never NULL but
 * for dates, numbers are NaN where unknown. */
typedef struct tuban_patch {
  uint32_t struct_size;
  int32_t reserved;
  int64_t rank; /**< 1 is looked at first; 0 where ranks are not known yet */
  const char* patch_id;
  const char* lineage_id;
  const char* severity;    /**< S1 ... S4, or "" */
  const char* marks;       /**< separated by commas */
  const char* change_type; /**< C10 ... C99 */
  const char* direction;   /**< such as vegetation_loss */
  const char* before_date; /**< ISO 8601, or NULL */
  const char* after_date;  /**< ISO 8601, or NULL */
  int64_t area_px;
  double area_m2, area_mu, perimeter_m;
  double centroid_x, centroid_y; /**< in the coordinates of the result's grid */
  double lon, lat;
  double score_mean, score_max, confidence, type_confidence;
  const void* wkb; /**< MultiPolygon, little-endian, in the coordinates of the result's grid */
  size_t wkb_size;
  /** One object: every column, and lists "spectra", "findings" (with predicates and what they measured),
   * "overlaps", "pieces" and "lineage". */
  const char* json;
} tuban_patch;

/* ---- Running ---- */

/** How far a run is. */
typedef struct tuban_progress {
  uint32_t struct_size;
  const char*
      stage;    /**< plan, register, measure, scan, describe, lineage, mark, emit; of tuban_mark also read */
  double share; /**< of the time of the whole job: 0 to 1, never decreasing, 1 at the end */
  double seconds;      /**< since the job began */
  double seconds_left; /**< NaN: unknown yet */
  double pixels_per_second;
  int64_t pixels_done, pixels, patches;
} tuban_progress;

/** A raster of the host that a run fills: `width` x `height` samples, those of the result's grid, else the
 * run ends as TUBAN_MISMATCH. */
typedef struct tuban_plane {
  uint32_t struct_size;
  int32_t width, height;
  void* data;
  ptrdiff_t row_stride; /**< in bytes, may be negative; 0: rows without gaps */
} tuban_plane;

/** How the host watches a run and receives its results. Every function may be NULL. They are called from
 * threads of the run, one call at a time, while tuban_run has not returned, and the run waits for them; they
 * must not call back into the same job but for tuban_job_cancel. What they return that is not 0 cancels the
 * run. After anything but TUBAN_OK what was received is no result, and no output file has its name. */
typedef struct tuban_control {
  uint32_t struct_size;
  /** Not 0: go on with what an interrupted run of the same job has left. Where its outputs are finished
   * nothing is done, and TUBAN_USAGE is returned where patches or planes were to be handed over. */
  int32_t resume;
  int32_t no_patches;        /**< not 0: the result holds the report and no patches */
  double checkpoint_seconds; /**< a checkpoint at most this often; 0: 2 */
  void* user;                /**< handed to every function */
  /** When a stage begins, at most ten times a second while it lasts, and at the end. */
  int (*progress)(void* user, const tuban_progress* progress);
  /** One plain sentence, good for the call. */
  int (*warn)(void* user, const char* sentence);
  /** Every patch reported, in row order, once all are ranked. Everything it points to is good for the call.
   */
  int (*patch)(void* user, const tuban_patch* patch);
  /** Every patch as soon as its outline is closed, in no fixed order: neither ranked nor marked, and it may
   * be left out later. Everything it points to is good for the call. */
  int (*closed)(void* user, const tuban_patch* patch);
  const tuban_plane* mask;       /**< uint8: 1 changed, 0 not, 255 invalid; NULL: not wanted */
  const tuban_plane* patch_mask; /**< uint8, burned from the patches reported */
  const tuban_plane* score;      /**< float32, the number compared with the cut */
} tuban_control;

typedef struct tuban_result tuban_result;

/** Runs a job. `control` may be NULL. `result` may be NULL where an output or something of the control takes
 * the patches; else *result is the host's to free on TUBAN_OK and NULL after anything else. Blocks until
 * done. */
TUBAN_C_API tuban_status tuban_run(tuban_job* job, const tuban_control* control, tuban_result** result);

/** Cancels the run of this job that is under way, if there is one: it returns TUBAN_CANCELLED soon. The only
 * function that any thread may call while another uses the job, and callbacks of the run too; not from a
 * signal handler, and not while the job is being freed. */
TUBAN_C_API void tuban_job_cancel(tuban_job* job);

/** Patches made elsewhere, to be marked. Fields that are not named are looked for under the names of the
 * issued batches and of Tuban's own results; one that is named must be there. */
typedef struct tuban_mark_options {
  uint32_t struct_size;
  const char* patches; /**< any vector source of polygons, or an evidence package; all else may be NULL */
  const char* layer;   /**< of it; NULL: the only one, JCTB or patches */
  const char* crs;     /**< such as EPSG:4526, where the source states none */
  const char *id_field, *case_field, *type_field, *before_date_field, *after_date_field;
  const char *before_date, *after_date; /**< of all patches, whatever their fields say */
  const char* types_map;                /**< YAML file; NULL: the shipped one */
  double pixel_size;                    /**< metres that outlines are sure to; 0: 2 */
} tuban_mark_options;

/** Marks given patches with the layers, rules, earlier batches, output and resources of a job, which needs no
 * rasters; its other options are not looked at, nor are the planes of the control. Else as tuban_run. */
TUBAN_C_API tuban_status tuban_mark(tuban_job* job, const tuban_mark_options* options,
                                    const tuban_control* control, tuban_result** result);

/* ---- Results in memory ---- */

/** Frees a result and everything it has given. */
TUBAN_C_API void tuban_result_free(tuban_result* result);

/** What went wrong in the last call with this result that returns a status; "" where nothing did. Lives until
 * the next such call. */
TUBAN_C_API const char* tuban_result_error(const tuban_result* result);

/** What a run did. The strings live as long as the result. */
typedef struct tuban_report {
  uint32_t struct_size;
  int32_t width, height; /**< of the result's grid */
  double transform[6];
  const char* crs; /**< WKT, or "" */
  int64_t pixels, valid_pixels, changed_pixels, regions, patches, findings;
  int64_t left_out_by_types, left_out_by_budget;
  int32_t finished_before; /**< not 0: there was nothing to resume, the outputs are finished; all else is 0 */
  uint32_t warning_count;
  uint64_t peak_rss_bytes, planned_bytes;
  const char* manifest; /**< JSON */
} tuban_report;

/** Fills `report` (whose struct_size is set). */
TUBAN_C_API tuban_status tuban_result_report(tuban_result* result, tuban_report* report);

/** A warning of the run, counted from 0; NULL beyond the last. Lives as long as the result. */
TUBAN_C_API const char* tuban_result_warning(const tuban_result* result, size_t number);

/** How many patches the result holds; 0 for NULL. */
TUBAN_C_API size_t tuban_result_count(const tuban_result* result);

/** Fills `patch` (whose struct_size is set) with a patch, counted from 0 in row order. Everything it points
 * to lives as long as the result. */
TUBAN_C_API tuban_status tuban_result_patch(tuban_result* result, size_t number, tuban_patch* patch);

/** The types of columns. */
enum { TUBAN_COLUMN_DOUBLE = 0, TUBAN_COLUMN_INT64 = 1, TUBAN_COLUMN_TEXT = 2 };

/** How many columns patches have. Any thread. */
TUBAN_C_API size_t tuban_column_count(void);

/** The name and the type (TUBAN_COLUMN_...) of a column, counted from 0; the name lives for ever. Either
 * pointer may be NULL. TUBAN_USAGE beyond the last. Any thread. */
TUBAN_C_API tuban_status tuban_column_get(size_t number, const char** name, int32_t* type);

/** A column of all patches into an array of the host that has tuban_result_count elements. TUBAN_USAGE for a
 * column that there is not or that has another type. Numbers are NaN and texts NULL where unknown; whole
 * numbers and booleans (0, 1) are always known. Texts live as long as the result. */
TUBAN_C_API tuban_status tuban_result_doubles(tuban_result* result, const char* column, double* into);
TUBAN_C_API tuban_status tuban_result_int64s(tuban_result* result, const char* column, int64_t* into);
TUBAN_C_API tuban_status tuban_result_texts(tuban_result* result, const char* column, const char** into);

/** The tables of a result, as a GeoPackage holds them. */
enum {
  TUBAN_TABLE_PATCHES = 0,
  TUBAN_TABLE_FINDINGS = 1,
  TUBAN_TABLE_OVERLAPS = 2,
  TUBAN_TABLE_PIECES = 3,
  TUBAN_TABLE_SPECTRA = 4
};

struct ArrowArrayStream; /* of the Arrow C stream interface; the host brings its definition */

/** Makes `stream` one table of the result: columns as in a GeoPackage without its fid; of patches and pieces
 * the last, "wkb_geometry", is binary. int64, float64, utf8, bool and date32; unknown is null. The stream
 * holds its own copy, may outlive the result, belongs to one thread at a time and is the host's to release.
 */
TUBAN_C_API tuban_status tuban_result_arrow(tuban_result* result, int32_t table,
                                            struct ArrowArrayStream* stream);

/* ---- Explanations ---- */

/** Values of `language`. */
enum { TUBAN_ENGLISH = 0, TUBAN_CHINESE = 1, TUBAN_JSON = 2 };

typedef struct tuban_text tuban_text;

/** What stands behind a patch of a result GeoPackage, as a person reads it or as JSON. The patch is named by
 * its id, or by `rank` where patch_id is NULL. The text is the host's to free; NULL only where memory is out.
 * Any thread. */
TUBAN_C_API tuban_text* tuban_explain(const char* result_path, const char* patch_id, int64_t rank,
                                      int32_t language);

/** How the call that made the text went. TUBAN_USAGE for NULL. */
TUBAN_C_API tuban_status tuban_text_status(const tuban_text* text);

/** The text on TUBAN_OK, else what is wrong. Lives as long as the handle. */
TUBAN_C_API const char* tuban_text_get(const tuban_text* text);

TUBAN_C_API void tuban_text_free(tuban_text* text);

#ifdef __cplusplus
}
#endif

#endif
