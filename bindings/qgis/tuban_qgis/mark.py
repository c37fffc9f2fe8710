# SPDX-License-Identifier: Apache-2.0
from qgis.core import QgsProcessing, QgsProcessingParameterFeatureSource, QgsProcessingParameterField

from .algorithm import TubanAlgorithm, tuban
from .words import said

_READ_IN_PLACE = ["gpkg", "shp", "geojson", "fgb", "gdb", "db"]


class Mark(TubanAlgorithm):
    def name(self):
        return "mark"

    def displayName(self):
        return said("Mark patches by rules", "按规则标注图斑")

    def shortDescription(self):
        return said("Marks patches made elsewhere, keeping every field they have", "标注其他来源的图斑，保留其全部字段")

    def tags(self):
        return said("patches,rules,farmland,mining", "图斑,规则,耕地,采矿,卫片").split(",")

    def shortHelpString(self):
        return said(
            "Marks patches that were made elsewhere by the same rules as those of an image pair, and keeps every field they "
            "have; one whose name is Tuban's gets src_ in front. What only pixels tell stays unknown.\n\n"
            "Fields that are not named are looked for under the names of issued batches (JCBH, AJBH, TBLX, QSX, HSX).\n\n"
            "A patch is a lead: people determine what it is.",
            "按与影像对相同的规则标注其他来源的图斑，并保留其全部字段；与 Tuban 字段同名者加前缀 src_。只有像元才能说明的事实为未知。\n\n"
            "未指定的字段按下发图斑的名称查找（JCBH、AJBH、TBLX、QSX、HSX）。\n\n"
            "图斑仅为线索，由人员认定。")

    def initAlgorithm(self, configuration=None):
        self.add(QgsProcessingParameterFeatureSource("INPUT", said("Patches to mark", "待标注图斑"),
                                                     [QgsProcessing.TypeVectorPolygon]))
        self.add_date("BEFORE_DATE", said("Date of the earlier image", "前时相日期"))
        self.add_date("AFTER_DATE", said("Date of the later image", "后时相日期"))
        self.add_rules()
        for name, description in (("ID_FIELD", said("Field of ids", "编号字段")),
                                  ("CASE_FIELD", said("Field of cases", "案件字段")),
                                  ("TYPE_FIELD", said("Field of the kind of change", "变化类型字段")),
                                  ("BEFORE_DATE_FIELD", said("Field of the earlier date", "前时相字段")),
                                  ("AFTER_DATE_FIELD", said("Field of the later date", "后时相字段"))):
            self.add(QgsProcessingParameterField(name, description, parentLayerParameterName="INPUT", optional=True),
                     advanced=True)
        self.add_resources()
        self.add_output()

    def processAlgorithm(self, parameters, context, feedback):
        path, layer = self.parameterAsCompatibleSourceLayerPathAndLayerName(parameters, "INPUT", context, _READ_IN_PLACE,
                                                                            "gpkg", feedback)
        options = {"layer": layer or None,
                   "before_date": self.date_of(parameters, "BEFORE_DATE", context),
                   "after_date": self.date_of(parameters, "AFTER_DATE", context)}
        for name in ("ID_FIELD", "CASE_FIELD", "TYPE_FIELD", "BEFORE_DATE_FIELD", "AFTER_DATE_FIELD"):
            options[name.lower()] = self.text_of(parameters, name, context)
        options.update(self.rules_and_resources(parameters, context))
        output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        return {"OUTPUT": output, **self.watched(tuban.mark, path, output=output, feedback=feedback, **options)}
