"""Devices of a hospital under the names that such inventories give them, and the advisories that speak of
them.

Written for these tests: product names are the manufacturers', the units are invented. ``exact`` rows name
the product as its maker does, ``near`` ones as people write it, ``wrong`` ones are other products of the same
family or maker, other makers' products of a like name, or versions that are not affected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One device: its tag, maker, model and version, and the advisories (without `icsma-`) that must name
    it.
    """

    tag: str
    how: Literal["exact", "near", "wrong"]
    maker: str
    model: str
    version: str = ""
    expected: tuple[str, ...] = ()


ROWS = (
    Row("E01", "exact", "St. Jude Medical", "Inductive model EX1100", "8.1", ("17-009-01a",)),
    Row("E02", "exact", "Becton, Dickinson and Company", "Alaris 8015 PC unit", "9.33",
        ("17-017-02", "20-170-06", "23-194-01")),
    Row("E03", "exact", "B. Braun", "SpaceStation with SpaceCom module", "", ("17-082-02",)),
    Row("E04", "exact", "Siemens", "SPECT Workplaces/Symbia.net Windows XP-Based", "", ("17-215-01",)),
    Row("E05", "exact", "3B Medical", "Luna CPAP Machine", "", ("17-227-01",)),
    Row("E06", "exact", "Philips", "DoseWise Portal", "1.1.7.333", ("17-229-01",)),
    Row("E07", "exact", "Abbott Laboratories", "Accent MRI", "", ("17-241-01",)),
    Row("E08", "exact", "Boston Scientific", "ZOOM LATITUDE Programmer/Recorder/Monitor (PRM) Model 3120", "",
        ("17-292-01", "21-273-01")),
    Row("E09", "exact", "Johnson & Johnson", "Ethicon Endo-Surgery Generator Gen11", "", ("17-332-01",)),
    Row("E10", "exact", "Medtronic", "2090 CareLink Programmer", "", ("18-058-01", "18-347-01", "19-080-01")),
    Row("E11", "exact", "Abbott Laboratories", "Fortify Assura", "", ("18-107-01",)),
    Row("E12", "exact", "BD", "BD Pyxis MedStation ES", "", ("18-114-01",)),
    Row("E13", "exact", "Medtronic", "8840 N'Vision Clinician Programmer", "", ("18-137-01",)),
    Row("E14", "exact", "Natus Medical", "Natus Xltek NeuroWorks", "8", ("18-165-01",)),
    Row("E15", "exact", "Medtronic", "24950 MyCareLink Monitor", "", ("18-219-01", "19-080-01")),
    # Renamed to Patient Information Center iX: the later advisories mean it too.
    Row("E16", "exact", "Philips", "Philips IntelliVue Information Center iX", "B.02",
        ("18-233-01", "20-254-01", "21-322-02")),
    Row("E17", "exact", "BD", "Alaris GH", "2.3.6", ("18-235-01",)),
    Row("E18", "exact", "Roche Diagnostics", "Accu-Chek Inform II", "", ("18-310-01",)),
    Row("E19", "exact", "Stryker", "Secure II MedSurg Bed (enabled with iBed Wireless)", "", ("19-029-01",)),
    Row("E20", "exact", "Fujifilm", "FCR Capsula X", "", ("19-113-01",)),
    Row("E21", "exact", "GE Healthcare", "Aestiva 7900", "", ("19-190-01",)),
    Row("E22", "exact", "Philips", "Holter 2010 Plus", "", ("19-192-01",)),
    Row("E23", "exact", "Philips", "IntelliSpace Perinatal", "J", ("19-297-01",)),
    Row("E24", "exact", "Medtronic", "Valleylab FT10 Energy Platform", "3.9.1", ("19-311-02",)),
    Row("E25", "exact", "Baxter", "ExactaMix EM2400", "1.13", ("20-170-01",)),
    Row("E26", "exact", "Baxter", "PrismaFlex", "", ("20-170-02",)),
    Row("E27", "exact", "Baxter", "Phoenix Hemodialysis Delivery System", "3.40", ("20-170-03",)),
    Row("E28", "exact", "OpenClinic GA", "OpenClinic GA", "5.09.02", ("20-184-01",)),
    Row("E29", "exact", "GE Healthcare", "Optima CT660", "", ("20-343-01",)),
    Row("E30", "exact", "SOOIL Developments", "Dana Diabecare RS", "2.9", ("21-012-01",)),
    Row("E31", "exact", "ZOLL", "Defibrillator Dashboard", "2.1", ("21-161-01",)),
    Row("E32", "exact", "Philips", "Vue PACS", "12.2.1.0", ("21-187-01", "24-200-01")),
    Row("E33", "exact", "Swisslog Healthcare", "Nexus Control Panel", "7.2.4.0", ("21-215-01",)),
    Row("E34", "exact", "Philips", "Tasy EMR HTML5", "3.06.1803", ("21-308-01",)),
    Row("E35", "exact", "Philips", "IntelliBridge EC 40 Hub", "C.00.03", ("21-322-01",)),
    Row("E36", "exact", "Hillrom", "Welch Allyn Connex Cardio", "1.0.5", ("21-343-01",)),
    Row("E37", "exact", "BD", "BD Viper LT system", "4.0", ("22-062-02",)),
    Row("E38", "exact", "BD", "BD Synapsys", "4.20", ("22-151-02",)),
    Row("E39", "exact", "OFFIS", "DCMTK", "3.6.6", ("22-174-01",)),
    Row("E40", "exact", "Contec Health", "CMS8000", "", ("22-244-01",)),
    Row("E41", "exact", "Illumina", "iSeq 100", "", ("23-117-01",)),
    Row("E42", "exact", "Medtronic", "Paceart Optima", "1.11", ("23-180-01",)),
    Row("E43", "exact", "Softneta", "MedDream PACS", "7.2.8.810", ("23-248-01",)),
    Row("E44", "exact", "Santesoft", "Sante DICOM Viewer Pro", "14.0.3", ("24-058-01",)),
    Row("E45", "exact", "Baxter", "Welch Allyn Connex Spot Monitor", "1.52", ("24-151-02",)),
    Row("E46", "exact", "MicroDicom", "DICOM Viewer", "2024.1", ("24-163-01",)),
    Row("E47", "exact", "BPL Medical Technologies", "PWS-01-BT", "", ("24-254-01",)),
    Row("N01", "near", "Becton Dickinson", "BD Alaris PC Unit Model 8015", "",
        ("17-017-02", "20-170-06", "23-194-01")),
    Row("N02", "near", "CareFusion", "Alaris PCU 8015", "9.7", ("17-017-02", "23-194-01")),
    Row("N03", "near", "Philips Healthcare", "IntelliVue MX450", "L", ("20-254-01",)),
    Row("N04", "near", "Philips Medizin Systeme", "Intellivue MP50", "", ("19-255-01", "20-254-01")),
    Row("N05", "near", "General Electric", "Signa HDxt 3.0T", "HD23", ("20-343-01",)),
    Row("N06", "near", "Welch Allyn, Inc.", "Connex Spot Monitor CSM", "1.50", ("24-151-02",)),
    Row("N07", "near", "Baxter Healthcare", "Exacta-Mix EM 2400", "1.14", ("20-170-01",)),
    Row("N08", "near", "GE", "LOGIQ 7 ultrasound", "BT06", ("20-343-01",)),
    Row("N09", "near", "Philips", "Patient Information Center iX", "C.02", ("20-254-01", "21-322-02")),
    Row("N10", "near", "Medtronic plc", "MyCareLink Patient Monitor 24952", "", ("18-219-01", "19-080-01")),
    Row("N11", "near", "BD", "Pyxis Med Station ES", "", ("18-114-01",)),
    Row("N12", "near", "Boston Scientific Corp.", "Zoom Latitude 3120", "", ("17-292-01", "21-273-01")),
    Row("N13", "near", "Roche", "CoaguChek Pro II meter", "", ("18-310-01",)),
    Row("N14", "near", "Contec", "CMS 8000 patient monitor", "", ("22-244-01",)),
    Row("N15", "near", "Covidien", "Valleylab FX8", "1.0.0", ("19-311-02",)),
    Row("N16", "near", "", "Xltek NeuroWorks", "8", ("18-165-01",)),
    Row("N17", "near", "Datex-Ohmeda", "Aespire 7900", "", ("19-190-01",)),
    Row("N18", "near", "B. Braun Melsungen", "Battery Pack SP with WiFi", "", ("23-103-01",)),
    Row("W01", "wrong", "BD", "Alaris 8110 Syringe module", "9.33"),
    Row("W02", "wrong", "Becton Dickinson", "Alaris 8015 PC unit", "12.3"),
    Row("W03", "wrong", "Philips", "IntelliVue MX450", "P"),
    # Not by the later advisory (below 12.2.8.410), but still by the earlier one (12.2.x.x).
    Row("W04", "wrong", "Philips", "Vue PACS", "12.2.8.410", ("21-187-01",)),
    Row("W05", "wrong", "Philips", "Ingenia 3.0T"),
    Row("W06", "wrong", "GE Healthcare", "Optima CT999"),
    Row("W07", "wrong", "Siemens", "Magnetom Skyra"),
    Row("W08", "wrong", "Santesoft", "Sante DICOM Viewer Pro", "14.1.0"),
    Row("W09", "wrong", "Horos Project", "DICOM Viewer", "3.3"),
    Row("W10", "wrong", "Medtronic", "MiniMed 780G"),
    Row("W11", "wrong", "Medtronic", "Puritan Bennett 980 ventilator"),
    Row("W12", "wrong", "Stryker", "ProCuity bed"),
    Row("W13", "wrong", "Roche Diagnostics", "cobas 8000 analyser"),
    Row("W14", "wrong", "Baxter", "Spectrum IQ infusion pump", "9.02"),
    Row("W15", "wrong", "Baxter", "ExactaMix EM2400", "2.0"),
    Row("W16", "wrong", "Illumina", "NextSeq 2000 sequencer dock"),
    Row("W17", "wrong", "OFFIS", "DCMTK", "3.6.8"),
    Row("W18", "wrong", "Epic", "Patient Portal", "3.5"),
    Row("W19", "wrong", "Fresenius Kabi", "Agilia SP MC WiFi", "3.3"),
    Row("W20", "wrong", "Dräger", "Evita V800", "2.50"),
    Row("W21", "wrong", "Abbott", "Alinity m"),
    Row("W22", "wrong", "Current Health", "Generation 2 wearable"),
    Row("W23", "wrong", "ZOLL", "R Series defibrillator"),
    Row("W24", "wrong", "Philips", "IntelliVue Cableless Measurements"),
    Row("W25", "wrong", "Swisslog Healthcare", "PillPick"),
    Row("W26", "wrong", "Hillrom", "Centrella Smart+ bed"),
)  # fmt: skip

#: Written after the constants of matching were settled, and not used to settle them.
HELD_OUT = (
    Row("H01", "near", "Philips", "SureSigns VS4", "A.07.100", ("20-233-01",)),
    Row("H02", "near", "Philips", "Efficia CM120", "C.01", ("21-322-02",)),
    Row("H03", "near", "Philips N.V.", "e-Alert sensor", "2.6", ("22-088-01",)),
    Row("H04", "near", "Medtronic", "Encore 29901 programmer", "", ("18-058-01", "18-347-01")),
    Row("H05", "near", "Abbott", "Assurity MRI pacemaker", "", ("17-241-01",)),
    Row("H06", "near", "Stryker Corporation", "InTouch ICU Bed 2141", "", ("19-029-01",)),
    Row("H07", "near", "GE Healthcare", "Senographe Pristina mammography", "", ("20-343-01",)),
    Row("H08", "near", "GE Medical Systems", "Discovery NM/CT 670", "", ("20-343-01",)),
    Row("H09", "near", "Hill-Rom", "Welch Allyn R-Scribe", "6.0.0", ("21-343-01",)),
    Row("H10", "near", "Becton, Dickinson and Co.", "Alaris Infusion Central", "1.2", ("23-047-01",)),
    Row("H11", "near", "BD", "Alaris Systems Manager", "12.1", ("23-194-01",)),
    Row("H12", "near", "Illumina Inc", "NextSeq 550Dx", "", ("23-117-01",)),
    Row("H13", "near", "Orthanc", "Osimis Web Viewer", "1.4.2.0-9d9eff4", ("24-023-01",)),
    Row("H14", "near", "Fujifilm Healthcare", "FCR XC-2", "", ("19-113-01",)),
    Row("H15", "near", "Baxter", "PrisMax", "2.1", ("20-170-02",)),
    Row("H16", "near", "Silex Technology", "SX-500", "", ("18-128-01",)),
    Row("H17", "wrong", "Philips", "Efficia DFM100 defibrillator"),
    Row("H18", "wrong", "GE Healthcare", "Vivid E95"),
    Row("H19", "wrong", "BD", "BD Viper XTR"),
    Row("H20", "wrong", "Abbott", "Confirm Rx ICM"),
    Row("H21", "wrong", "Hillrom", "Welch Allyn Spot Vision Screener"),
    Row("H22", "wrong", "Illumina", "NovaSeq X Plus"),
    Row("H23", "wrong", "Medtronic", "CareLink iPro"),
    Row("H24", "wrong", "Roche", "cobas pro integrated"),
    Row("H25", "wrong", "Siemens Healthineers", "Biograph PET/CT"),
    Row("H26", "wrong", "Philips", "Tasy EMR HTML5", "3.07"),
)  # fmt: skip
