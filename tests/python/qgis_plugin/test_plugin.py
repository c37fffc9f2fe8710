# SPDX-License-Identifier: Apache-2.0
"""The plugin in a QGIS without a screen, loaded as qgis_process loads it: the same patches as the command line's."""

import configparser
import importlib
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import pytest
from qgis.core import (QgsApplication, QgsFeatureRequest, QgsProcessingAlgRunnerTask, QgsProcessingContext,
                       QgsProcessingException, QgsProcessingFeatureSourceDefinition, QgsProcessingFeedback, QgsProject,
                       QgsRasterLayer, QgsVectorLayer)
from qgis.PyQt.QtCore import QLocale

PLUGINS = Path(__file__).parents[3] / "bindings/qgis"
DATES = {"BEFORE_DATE": "2023-05-18", "AFTER_DATE": "2023-10-12"}


class Told(QgsProcessingFeedback):
    """Everything an algorithm says; stops it in `stop_at`."""

    def __init__(self, stop_at=None):
        super().__init__(False)
        self.shares, self.stages, self.sentences, self.warnings = [], [], [], []
        self.stop_at = stop_at
        self.progressChanged.connect(self.shares.append)

    def setProgressText(self, text):
        self.stages.append(text)
        if text == self.stop_at:
            self.cancel()

    def pushInfo(self, info):
        self.sentences.append(info)

    def pushWarning(self, warning):
        self.warnings.append(warning)


@pytest.fixture(scope="session")
def qgis(tmp_path_factory):
    for name in ("QGIS_CUSTOM_CONFIG_PATH", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        os.environ[name] = str(tmp_path_factory.mktemp("profile"))
    application = QgsApplication([], False)
    application.initQgis()
    import qgis.utils

    qgis.utils.plugin_paths = [str(PLUGINS)]
    sys.path.insert(0, str(PLUGINS))
    qgis.utils.updateAvailablePlugins()
    assert qgis.utils.loadPlugin("tuban_qgis") and qgis.utils.startProcessingPlugin("tuban_qgis")
    yield application
    # QGIS leaks the traceback of an algorithm that failed; no layer in it may outlive QGIS.
    QgsProject.instance().clear()
    qgis.utils.unloadPlugin("tuban_qgis")
    application.exitQgis()


@pytest.fixture
def run(qgis):
    def algorithm(name, parameters, feedback=None):
        found = qgis.processingRegistry().createAlgorithmById(f"tuban:{name}")
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        fits, why = found.checkParameterValues(parameters, context)
        assert fits, why
        outputs, done = found.run(parameters, context, feedback or Told(), {}, False)
        assert done
        return outputs

    return algorithm


@pytest.fixture(scope="session")
def expected(scene, tmp_path_factory, dump):
    """What the command line makes of the scene."""
    output = tmp_path_factory.mktemp("cli") / "patches.gpkg"
    subprocess.run([os.environ["TUBAN_PROGRAM"], "detect", scene / "before.tif", scene / "after.tif", "-q",
                    "--before-date", "2023-05-18", "--after-date", "2023-10-12", "--layers", scene / "layers.yaml",
                    "--bands", "blue=1,green=2,red=3,nir=4", "--threshold", "otsu", "--hysteresis", "1.25",
                    "--rule", "F01.least_m2=300", "-o", output], check=True)
    return output


@pytest.fixture
def detect(scene, tmp_path):
    return {"BEFORE": str(scene / "before.tif"), "AFTER": str(scene / "after.tif"),
            "LAYERS": str(scene / "layers.yaml"), "OUTPUT": str(tmp_path / "patches.gpkg"), **DATES}


def test_the_provider_offers_what_its_metadata_promise(qgis):
    import tuban

    metadata = configparser.ConfigParser()
    metadata.read(PLUGINS / "tuban_qgis/metadata.txt", encoding="utf-8")
    general = metadata["general"]
    assert general["hasProcessingProvider"] == "yes" and general["version"] == tuban.__version__
    assert (PLUGINS / "tuban_qgis" / general["icon"]).is_file()
    provider = qgis.processingRegistry().providerById("tuban")
    assert not provider.icon().isNull()
    assert sorted(algorithm.id() for algorithm in provider.algorithms()) == ["tuban:detect", "tuban:explain",
                                                                             "tuban:mark"]
    assert all(algorithm.canExecute()[0] for algorithm in provider.algorithms())


def test_detect_gives_the_command_lines_patches(run, detect, expected, dump, tmp_path):
    told = Told()
    layers = {name: QgsRasterLayer(detect[name], name) for name in ("BEFORE", "AFTER")}
    outputs = run("detect", {**detect, **layers, "BANDS": "blue=1, green=2,red=3,nir=4", "THRESHOLD": "otsu",
                             "RULE": "F01.least_m2=300\n", "OPTIONS": "hysteresis = 1.25",
                             "MASK": str(tmp_path / "mask.tif")}, told)
    assert dump(outputs["OUTPUT"]) == dump(expected)
    made = QgsVectorLayer(outputs["OUTPUT"], "patches", "ogr")
    assert made.featureCount() == outputs["PATCHES"] > 10 and made.crs().authid() == "EPSG:4526"
    assert QgsRasterLayer(outputs["MASK"], "mask").isValid()
    assert told.shares == sorted(told.shares) and told.shares[-1] == 100
    assert told.stages[0] == "plan" and told.stages[-1] == "emit"
    assert told.sentences[-1] == f"{outputs['PATCHES']} patches, {outputs['FINDINGS']} findings"
    run("detect", detect)  # a result that exists is replaced, as everywhere in Processing


def test_a_run_in_a_thread_as_the_dialog_starts_it(qgis, detect):
    algorithm = qgis.processingRegistry().createAlgorithmById("tuban:detect")
    context, told, ended = QgsProcessingContext(), Told(), []
    task = QgsProcessingAlgRunnerTask(algorithm, {**detect, "DETECTOR": "difference", "REGISTER": "off"}, context, told)
    task.executed.connect(lambda done, outputs: ended.append((done, outputs)))
    qgis.taskManager().addTask(task)
    while not ended:
        qgis.processEvents()
    done, outputs = ended[0]
    assert done and outputs["PATCHES"] == QgsVectorLayer(outputs["OUTPUT"], "patches", "ogr").featureCount() > 0
    assert told.shares[-1] == 100


def test_mark_and_explain_what_was_detected(run, scene, expected, tmp_path):
    patches = QgsVectorLayer(f"{expected}|layername=patches", "patches", "ogr")
    marked = run("mark", {"INPUT": str(expected), "LAYERS": str(scene / "layers.yaml"), **DATES,
                          "OUTPUT": str(tmp_path / "marked.gpkg")})
    assert marked["PATCHES"] == patches.featureCount() and marked["FINDINGS"] > 0
    text = run("explain", {"INPUT": patches, "RANK": 1, "LANGUAGE": "en"})["TEXT"]
    first = next(patches.getFeatures("rank = 1"))
    assert first["patch_id"] in text
    assert run("explain", {"INPUT": patches, "PATCH_ID": first["patch_id"], "LANGUAGE": "en"})["TEXT"] == text


def test_mark_takes_a_layer_in_memory(run, scene, expected, tmp_path):
    patches = QgsVectorLayer(f"{expected}|layername=patches", "patches", "ogr")
    memory = patches.materialize(QgsFeatureRequest().setFilterExpression("rank <= 5"))
    QgsProject.instance().addMapLayer(memory)
    marked = run("mark", {"INPUT": memory.id(), "LAYERS": str(scene / "layers.yaml"), "ID_FIELD": "patch_id", **DATES,
                          "OUTPUT": str(tmp_path / "marked.gpkg")})
    assert marked["PATCHES"] == memory.featureCount() > 0


def test_mark_takes_the_selected_features_alone(run, scene, expected, tmp_path):
    patches = QgsVectorLayer(f"{expected}|layername=patches", "patches", "ogr")
    QgsProject.instance().addMapLayer(patches)
    patches.selectByExpression("rank <= 3")
    marked = run("mark", {"INPUT": QgsProcessingFeatureSourceDefinition(patches.id(), True), **DATES,
                          "LAYERS": str(scene / "layers.yaml"), "OUTPUT": str(tmp_path / "marked.gpkg")})
    assert marked["PATCHES"] == 3


def test_warnings_are_told_in_the_log_alone(run, detect):
    told = Told()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        importlib.reload(sys.modules["tuban_qgis.algorithm"])  # pytest has put back the filters of before
        run("detect", {**detect, "LAYERS": None}, told)
    assert any("no layer is given" in sentence for sentence in told.warnings)
    assert caught == []


def test_a_cancelled_run_ends_and_writes_nothing(run, detect, tmp_path):
    with pytest.raises(QgsProcessingException, match="stopped; no output was written"):
        run("detect", detect, Told(stop_at="scan"))
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".gpkg"] == []


@pytest.mark.parametrize("wrong, sentence", [
    ({"MIN_AREA": "large"}, "min_area: expected an area"),
    ({"OPTIONS": "hysterisis=2"}, "did you mean .hysteresis.[?]"),
    ({"OPTIONS": "hysteresis"}, "OPTIONS: expected KEY=VALUE, found 'hysteresis'"),
    ({"OPTIONS": "output=x.gpkg"}, "output has a parameter of its own"),
    ({"OPTIONS": "reproject=perhaps"}, "reproject: expected True or False"),
    ({"RULES": "farmlnd"}, "shipped are farmland"),
])
def test_an_error_is_one_sentence(run, detect, wrong, sentence):
    with pytest.raises(QgsProcessingException, match=sentence) as raised:
        run("detect", {**detect, **wrong})
    assert "\n" not in str(raised.value)


def test_a_layer_inside_an_archive(run, scene, detect, tmp_path):
    with zipfile.ZipFile(tmp_path / "before.zip", "w") as archive:
        archive.write(scene / "before.tif", "before.tif")
    layer = QgsRasterLayer(f"/vsizip/{tmp_path}/before.zip/before.tif", "before")
    assert run("detect", {**detect, "BEFORE": layer})["PATCHES"] > 10


def test_layers_with_open_options_are_refused(run, detect):
    layer = QgsRasterLayer(f"{detect['BEFORE']}|option:NUM_THREADS=2", "before")
    QgsProject.instance().addMapLayer(layer)
    assert layer.isValid()
    with pytest.raises(QgsProcessingException, match="before has open options of GDAL; give them as oo=KEY=VALUE"):
        run("detect", {**detect, "BEFORE": layer})


def test_layers_that_are_no_raster_files_are_refused(run, detect):
    web = QgsRasterLayer("type=xyz&url=file:///none/{z}/{x}/{y}.png", "web", "wms")
    QgsProject.instance().addMapLayer(web)
    with pytest.raises(QgsProcessingException, match="web is no raster file but a layer of wms"):
        run("detect", {**detect, "BEFORE": web.id()})


def test_everything_is_said_in_chinese_where_qgis_is(qgis):
    language = QgsApplication.locale()
    QgsApplication.setLocale(QLocale("zh_CN"))
    try:
        algorithm = qgis.processingRegistry().createAlgorithmById("tuban:detect")
        words = [algorithm.displayName(), algorithm.shortHelpString()]
        words += [parameter.description() for parameter in algorithm.parameterDefinitions()]
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in text) for text in words), words
    finally:
        QgsApplication.setLocale(QLocale(language))


def test_without_the_engine_the_algorithms_say_so():
    program = """
import sys
sys.modules["tuban"] = None
sys.path.insert(0, sys.argv[1])
from qgis.core import QgsApplication
application = QgsApplication([], False)
from tuban_qgis.plugin import TubanProvider
provider = TubanProvider()
provider.refreshAlgorithms()
print(*(algorithm.canExecute() for algorithm in provider.algorithms()), sep="\\n")
"""
    done = subprocess.run([sys.executable, "-c", program, PLUGINS], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("(False, 'The Python package tuban cannot be imported by QGIS") for line in lines)
