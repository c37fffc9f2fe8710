# SPDX-License-Identifier: Apache-2.0
"""Tuban as a provider of QGIS Processing."""


def classFactory(iface):
    from .plugin import TubanPlugin

    return TubanPlugin()
