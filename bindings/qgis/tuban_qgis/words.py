# SPDX-License-Identifier: Apache-2.0
"""What users read, in English and Chinese."""

from qgis.core import QgsApplication


def said(english, chinese):
    """In the language that QGIS is in."""
    return chinese if QgsApplication.locale().startswith("zh") else english
