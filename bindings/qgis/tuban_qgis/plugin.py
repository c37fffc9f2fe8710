# SPDX-License-Identifier: Apache-2.0
import os

from qgis.core import QgsApplication, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .detect import Detect
from .explain import Explain
from .mark import Mark


class TubanProvider(QgsProcessingProvider):
    def id(self):
        return "tuban"

    def name(self):
        return "Tuban"

    def icon(self):
        return QIcon(os.path.join(os.path.dirname(__file__), "icon.svg"))

    def loadAlgorithms(self):
        for algorithm in (Detect, Mark, Explain):
            self.addAlgorithm(algorithm())

    def supportsNonFileBasedOutput(self):
        return False

    def supportedOutputVectorLayerExtensions(self):
        return ["gpkg", "geojson", "fgb", "shp"]

    def supportedOutputRasterLayerExtensions(self):
        return ["tif"]


class TubanPlugin:
    def __init__(self):
        self.provider = None

    def initProcessing(self):
        self.provider = TubanProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        self.initProcessing()

    def unload(self):
        QgsApplication.processingRegistry().removeProvider(self.provider)
