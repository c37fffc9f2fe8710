# SPDX-License-Identifier: Apache-2.0
from qgis.core import (QgsProcessingParameterEnum, QgsProcessingParameterRasterDestination,
                       QgsProcessingParameterRasterLayer)

from .algorithm import TubanAlgorithm, listed, raster_path, tuban
from .words import said

_REGISTER = ["auto", "off", "estimate", "translation"]


class Detect(TubanAlgorithm):
    def name(self):
        return "detect"

    def displayName(self):
        return said("Detect change patches", "提取变化图斑")

    def shortDescription(self):
        return said("Patches that changed between two images, marked by rules", "提取两期影像间的变化图斑并按规则标注")

    def tags(self):
        return said("change,difference,satellite,land use,farmland", "变化检测,图斑,遥感,耕地,卫片").split(",")

    def shortHelpString(self):
        return said(
            "Compares two images of a place and outlines what changed. Each patch has its area, dates, direction and type "
            "of change, and the marks and severity of the rules it meets; table findings of a GeoPackage says why.\n\n"
            "The images are read from their files, whatever QGIS shows of them. Both must be on one grid; "
            "grid=before under further options brings the second onto that of the first.\n\n"
            "Reference layers (land use, approvals, mining rights ...) are declared in a layers.yaml. Rules that lack a "
            "layer stay unknown.\n\n"
            "Bands: numbers, descriptions, or roles as in blue=1,green=2,red=3,nir=4. Threshold: auto, otsu, ki, em, "
            "triangle, percentile:P, fixed:SCORE and others. Smallest area: square metres, or pixels as in 50px.\n\n"
            "A patch is a lead: people determine what it is.",
            "比较同一地点的两期影像，勾绘变化范围。每个图斑带有面积、前后时相、变化方向与类型，以及所触发规则的标记与程度；"
            "GeoPackage 的 findings 表说明依据。\n\n"
            "影像直接从文件读取，与 QGIS 中的显示无关。两期影像须在同一格网上；在其他选项中写 grid=before 可将后时相重采样到前时相的格网。\n\n"
            "参考图层（地类、批准、采矿权等）在 layers.yaml 中声明；缺少图层的规则结果为未知。\n\n"
            "波段：编号、描述，或角色，如 blue=1,green=2,red=3,nir=4。阈值：auto、otsu、ki、em、triangle、percentile:P、fixed:SCORE 等。"
            "最小面积：平方米，或像元数，如 50px。\n\n"
            "图斑仅为线索，由人员认定。")

    def initAlgorithm(self, configuration=None):
        before, after = said("Before", "前时相"), said("After", "后时相")
        self.add(QgsProcessingParameterRasterLayer("BEFORE", before))
        self.add(QgsProcessingParameterRasterLayer("AFTER", after))
        self.add_date("BEFORE_DATE", said("Date of the first image", "前时相日期"))
        self.add_date("AFTER_DATE", said("Date of the second image", "后时相日期"))
        self.add_text("BANDS", said("Bands (all if empty)", "波段（留空为全部）"))
        self.add_text("PROFILE", said("Sensor, such as sentinel2, landsat8, gf1, gf2, zy3, rgb or sar",
                                      "传感器，如 sentinel2、landsat8、gf1、gf2、zy3、rgb 或 sar"))
        names = [detector["name"] for detector in tuban.detectors()] if tuban else []
        self.add(QgsProcessingParameterEnum("DETECTOR", said("Detector", "检测方法"), names, optional=True,
                                            usesStaticStrings=True))
        self.add_text("THRESHOLD", said("Threshold", "阈值"))
        self.add_text("MIN_AREA", said("Smallest area", "最小面积"), "200")
        self.add_rules()
        self.add(QgsProcessingParameterEnum("REGISTER", said("Shift between the images", "影像间偏移"), _REGISTER,
                                            optional=True, usesStaticStrings=True), advanced=True)
        for name, side in (("BEFORE_VALID", before), ("AFTER_VALID", after)):
            self.add(QgsProcessingParameterRasterLayer(
                name, said(f"{side}: where it is valid (1)", f"{side}：有效范围 (1)"), optional=True), advanced=True)
        self.add_resources()
        self.add_output()
        for name, description in (("MASK", said("Change mask", "变化掩膜")), ("SCORE", said("Change score", "变化得分"))):
            self.add(QgsProcessingParameterRasterDestination(name, description, optional=True, createByDefault=False))

    def processAlgorithm(self, parameters, context, feedback):
        options = {"before_date": self.date_of(parameters, "BEFORE_DATE", context),
                   "after_date": self.date_of(parameters, "AFTER_DATE", context),
                   "bands": listed(self.text_of(parameters, "BANDS", context))}
        for name in ("PROFILE", "THRESHOLD", "MIN_AREA"):
            options[name.lower()] = self.text_of(parameters, name, context)
        for name in ("DETECTOR", "REGISTER"):
            options[name.lower()] = self.parameterAsEnumString(parameters, name, context) or None
        for name in ("BEFORE_VALID", "AFTER_VALID"):
            layer = self.parameterAsRasterLayer(parameters, name, context)
            options[name.lower()] = raster_path(layer) if layer else None
        options.update(self.rules_and_resources(parameters, context))
        outputs = {"OUTPUT": self.parameterAsOutputLayer(parameters, "OUTPUT", context)}
        for name in ("MASK", "SCORE"):
            path = self.parameterAsOutputLayer(parameters, name, context)
            if path:
                outputs[name] = path
        scenes = []
        for name in ("BEFORE", "AFTER"):
            layer = self.parameterAsRasterLayer(parameters, name, context)
            scenes.append(raster_path(self.valid(layer, parameters, name)))
        told = self.watched(tuban.detect, *scenes, feedback=feedback, **options,
                            **{name.lower(): path for name, path in outputs.items()})
        return {**outputs, **told}
