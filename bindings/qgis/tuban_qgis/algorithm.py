# SPDX-License-Identifier: Apache-2.0
"""What the algorithms have in common: how the engine is found, run, watched and stopped."""

import warnings

from qgis.core import (QgsProcessing, QgsProcessingAlgorithm, QgsProcessingException, QgsProcessingOutputNumber,
                       QgsProcessingParameterDateTime, QgsProcessingParameterDefinition, QgsProcessingParameterFile,
                       QgsProcessingParameterNumber, QgsProcessingParameterString, QgsProcessingParameterVectorDestination,
                       QgsProviderRegistry)

from .words import said

try:
    import tuban
except ImportError as error:
    tuban = None
    _missing = str(error)
else:
    # They are shown where a run is watched; others of the process keep theirs.
    warnings.filterwarnings("ignore", category=tuban.TubanWarning, module=__name__.replace(".", r"\."))

_STAGES = {"plan": "计划", "register": "配准", "measure": "测量", "scan": "扫描", "describe": "描述", "lineage": "沿革",
           "read": "读取", "mark": "标注", "emit": "写出"}


class TubanAlgorithm(QgsProcessingAlgorithm):
    def createInstance(self):
        return type(self)()

    def canExecute(self):
        if tuban is not None:
            return True, ""
        return False, said("The Python package tuban cannot be imported by QGIS: ",
                           "QGIS 无法导入 Python 包 tuban：") + _missing

    def add(self, parameter, advanced=False):
        if advanced:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.addParameter(parameter)

    def add_text(self, name, description, default=None, advanced=False, lines=False):
        self.add(QgsProcessingParameterString(name, description, default, multiLine=lines, optional=True), advanced)

    def add_date(self, name, description):
        self.add(QgsProcessingParameterDateTime(name, description, QgsProcessingParameterDateTime.Date, optional=True))

    def add_rules(self):
        self.add(QgsProcessingParameterFile("LAYERS", said("Reference layers (layers.yaml)", "参考图层 (layers.yaml)"),
                                            optional=True,
                                            fileFilter=said("Layer lists (*.yaml *.yml)", "图层清单 (*.yaml *.yml)")))
        self.add_text("RULES", said("Rulebooks, comma-separated names or files (all that are shipped if empty)",
                                    "规则集，名称或文件，以逗号分隔（留空为全部内置规则集）"))
        self.add_text("RULE", said("Changes of rules, one per line, such as F01.least_m2=300 or F05=off",
                                   "规则调整，每行一条，如 F01.least_m2=300 或 F05=off"), advanced=True, lines=True)

    def add_resources(self):
        self.add(QgsProcessingParameterNumber("THREADS", said("Threads (0: all)", "线程数（0 为全部）"), defaultValue=0,
                                              minValue=0), advanced=True)
        self.add_text("OPTIONS", said("Further options of a job file, one KEY=VALUE per line",
                                      "作业文件的其他选项，每行一个 KEY=VALUE"), advanced=True, lines=True)

    def add_output(self):
        self.add(QgsProcessingParameterVectorDestination("OUTPUT", said("Patches", "图斑"),
                                                         QgsProcessing.TypeVectorPolygon))
        self.addOutput(QgsProcessingOutputNumber("PATCHES", said("Number of patches", "图斑数")))
        self.addOutput(QgsProcessingOutputNumber("FINDINGS", said("Number of findings", "规则结果数")))

    def valid(self, layer, parameters, name):
        """The layer, where there is one."""
        if layer is None:
            raise QgsProcessingException(said(f"{name}: '{parameters.get(name)}' cannot be opened as a layer",
                                              f"{name}：无法作为图层打开 '{parameters.get(name)}'"))
        return layer

    def text_of(self, parameters, name, context):
        return self.parameterAsString(parameters, name, context).strip() or None

    def lines_of(self, parameters, name, context):
        return [line.strip() for line in self.parameterAsString(parameters, name, context).splitlines() if line.strip()]

    def date_of(self, parameters, name, context):
        when = self.parameterAsDateTime(parameters, name, context)
        return when.date().toString("yyyy-MM-dd") if when.isValid() else None

    def rules_and_resources(self, parameters, context):
        """Options of the parameters that detect and mark share; OPTIONS come last and win."""
        options = {"layers": self.text_of(parameters, "LAYERS", context),
                   "rules": listed(self.text_of(parameters, "RULES", context)),
                   "rule": self.lines_of(parameters, "RULE", context) or None,
                   "threads": self.parameterAsInt(parameters, "THREADS", context),
                   "overwrite": True}  # as everywhere in Processing
        takes = {option["key"]: option["takes"] for option in tuban.options()}
        for line in self.lines_of(parameters, "OPTIONS", context):
            key, equals, value = (part.strip() for part in line.partition("="))
            key = key.replace("-", "_")
            if not equals or key in ("output", "mask", "score"):
                raise QgsProcessingException(f"OPTIONS: expected KEY=VALUE, found '{line}'" if not equals else
                                             f"OPTIONS: {key} has a parameter of its own")
            if takes.get(key) == "flag":
                options[key] = {"true": True, "false": False}.get(value.lower(), value)
            else:
                options[key] = listed(value) if takes.get(key) == "list" else value
        return options

    def watched(self, function, *arguments, feedback, **options):
        """What the engine's function returns; its progress, warnings and errors are those of the algorithm."""
        stage = None

        def progress(now):
            nonlocal stage
            feedback.setProgress(100 * now.share)
            if now.stage != stage:
                stage = now.stage
                feedback.setProgressText(said(stage, _STAGES.get(stage, stage)))
            return not feedback.isCanceled()

        try:
            result = function(*arguments, progress=progress, **options)
        except tuban.Cancelled:
            raise QgsProcessingException(said("The run was stopped; no output was written.",
                                              "运行已停止，未写出任何结果。")) from None
        except tuban.Error as error:
            raise QgsProcessingException(str(error)) from None
        for sentence in result.warnings:
            feedback.pushWarning(sentence)
        report = result.report
        feedback.pushInfo(said(f"{report['patches']} patches, {report['findings']} findings",
                               f"图斑 {report['patches']} 个，规则结果 {report['findings']} 条"))
        return {"PATCHES": report["patches"], "FINDINGS": report["findings"]}


def listed(text):
    return [part.strip() for part in text.split(",")] if text else None


def raster_path(layer):
    """What the engine opens of a layer of the project: it reads the file, not what QGIS shows of it."""
    if layer.providerType() != "gdal":
        raise QgsProcessingException(said(f"{layer.name()} is no raster file but a layer of {layer.providerType()}; "
                                          "export it as GeoTIFF first",
                                          f"{layer.name()} 不是栅格文件，而是 {layer.providerType()} 图层；请先导出为 GeoTIFF"))
    if QgsProviderRegistry.instance().decodeUri("gdal", layer.source()).get("openOptions"):
        raise QgsProcessingException(said(f"{layer.name()} has open options of GDAL; give them as oo=KEY=VALUE in OPTIONS "
                                          "and the file itself as input",
                                          f"{layer.name()} 带有 GDAL 打开选项；请在 OPTIONS 中以 oo=KEY=VALUE 给出，并直接选择该文件"))
    return layer.source()
