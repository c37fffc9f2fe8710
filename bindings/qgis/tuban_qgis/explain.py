# SPDX-License-Identifier: Apache-2.0
from qgis.core import (QgsProcessing, QgsProcessingException, QgsProcessingOutputString, QgsProcessingParameterEnum,
                       QgsProcessingParameterNumber, QgsProcessingParameterVectorLayer, QgsProviderRegistry)

from .algorithm import TubanAlgorithm, tuban
from .words import said


class Explain(TubanAlgorithm):
    def name(self):
        return "explain"

    def displayName(self):
        return said("Explain a patch", "图斑说明")

    def shortDescription(self):
        return said("What stands behind a patch of a result", "说明结果中某一图斑的依据")

    def tags(self):
        return said("patch,rules,evidence", "图斑,规则,依据").split(",")

    def shortHelpString(self):
        return said(
            "One page about a patch of a result GeoPackage: where it lies, its change, the rules it meets with every condition, "
            "measured value and threshold, and what could not be decided. By its id, or by its rank. The text stands in the log.",
            "结果 GeoPackage 中某一图斑的说明：位置、变化、所触发的规则及其各项条件、实测值与阈值，以及未能判定的内容。"
            "按图斑编号或排名选择，文本显示在日志中。")

    def initAlgorithm(self, configuration=None):
        self.add(QgsProcessingParameterVectorLayer("INPUT", said("Result (GeoPackage)", "结果 (GeoPackage)"),
                                                   [QgsProcessing.TypeVectorPolygon]))
        self.add_text("PATCH_ID", said("Id of the patch (patch_id)", "图斑编号 (patch_id)"))
        self.add(QgsProcessingParameterNumber("RANK", said("or its rank", "或其排名"), optional=True, minValue=1))
        self.add(QgsProcessingParameterEnum("LANGUAGE", said("Language", "语言"), ["en", "zh"],
                                            defaultValue=said("en", "zh"), usesStaticStrings=True))
        self.addOutput(QgsProcessingOutputString("TEXT", said("Explanation", "说明")))

    def processAlgorithm(self, parameters, context, feedback):
        layer = self.valid(self.parameterAsVectorLayer(parameters, "INPUT", context), parameters, "INPUT")
        path = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source()).get("path", "")
        rank = self.parameterAsInt(parameters, "RANK", context) if parameters.get("RANK") is not None else None
        try:
            text = tuban.explain(path, self.text_of(parameters, "PATCH_ID", context), rank=rank,
                                 lang=self.parameterAsEnumString(parameters, "LANGUAGE", context))
        except tuban.Error as error:
            raise QgsProcessingException(str(error)) from None
        feedback.pushInfo(text)
        return {"TEXT": text}
