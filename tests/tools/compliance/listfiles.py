"""Files in the published formats, about people who do not exist."""
# ruff: noqa: E501 as publishers write them

from pathlib import Path
from textwrap import dedent

SDN = """\
101,"AL-SAMPLE, Yusuf Mahmud","individual","SDGT] [IRAQ2",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 07 Mar 1969; alt. DOB 1970; POB Nowhere; nationality Iraq; a.k.a. 'ABU SAMPLE'; Gender Male."
102,"PRZYKLAD SHIPPING LTD",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0-
103,"MV EXEMPLAR","vessel","CUBA",-0- ,"ABCD",-0- ,-0- ,-0- ,"Panama",-0- ,-0-
\x1a
"""
ALT = """\
101,9001,"aka","ASSAMPLE, Youssef",-0-
102,9002,"fka","PRZYKLAD LINES",-0-
\x1a
"""
SDN_XML = """\
<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="http://tempuri.org/sdnList.xsd">
  <publshInformation><Publish_Date>11/20/2026</Publish_Date><Record_Count>2</Record_Count></publshInformation>
  <sdnEntry><uid>101</uid><firstName>Yusuf Mahmud</firstName><lastName>AL-SAMPLE</lastName><sdnType>Individual</sdnType>
    <programList><program>SDGT</program></programList>
    <akaList>
      <aka><uid>1</uid><type>a.k.a.</type><category>strong</category><lastName>ASSAMPLE</lastName><firstName>Youssef</firstName></aka>
      <aka><uid>2</uid><type>a.k.a.</type><category>weak</category><lastName>ABU SAMPLE</lastName></aka>
    </akaList>
    <nationalityList><nationality><uid>3</uid><country>Iraq</country><mainEntry>true</mainEntry></nationality></nationalityList>
    <dateOfBirthList>
      <dateOfBirthItem><uid>4</uid><dateOfBirth>07 Mar 1969</dateOfBirth><mainEntry>true</mainEntry></dateOfBirthItem>
      <dateOfBirthItem><uid>5</uid><dateOfBirth>circa 1970</dateOfBirth><mainEntry>false</mainEntry></dateOfBirthItem>
    </dateOfBirthList>
  </sdnEntry>
  <sdnEntry><uid>102</uid><lastName>PRZYKLAD SHIPPING LTD</lastName><sdnType>Entity</sdnType></sdnEntry>
</sdnList>
"""
ADVANCED = """\
<Sanctions xmlns="http://www.un.org/sanctions/1.0">
  <DateOfIssue CalendarTypeID="1"><Year>2026</Year><Month>11</Month><Day>20</Day></DateOfIssue>
  <ReferenceValueSets>
    <CountryValues><Country ID="11078" ISO2="IQ">Iraq</Country></CountryValues>
    <FeatureTypeValues><FeatureType ID="8">Birthdate</FeatureType><FeatureType ID="10">Nationality Country</FeatureType></FeatureTypeValues>
    <PartySubTypeValues><PartySubType ID="4" PartyTypeID="1">Unknown</PartySubType><PartySubType ID="1" PartyTypeID="4">Vessel</PartySubType></PartySubTypeValues>
    <PartyTypeValues><PartyType ID="1">Individual</PartyType><PartyType ID="4">Transport</PartyType></PartyTypeValues>
    <SanctionsTypeValues><SanctionsType ID="1">Program</SanctionsType></SanctionsTypeValues>
  </ReferenceValueSets>
  <Locations><Location ID="7"><LocationCountry CountryID="11078"/></Location></Locations>
  <DistinctParties><DistinctParty FixedRef="101"><Profile ID="101" PartySubTypeID="4">
    <Identity ID="1" Primary="true">
      <Alias AliasTypeID="1400" Primary="false" LowQuality="true"><DocumentedName><DocumentedNamePart><NamePartValue>Abu Sample</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
      <Alias AliasTypeID="1403" Primary="true" LowQuality="false"><DocumentedName>
        <DocumentedNamePart><NamePartValue>Yusuf Mahmud</NamePartValue></DocumentedNamePart>
        <DocumentedNamePart><NamePartValue>al-Sample</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
    </Identity>
    <Feature ID="1" FeatureTypeID="8"><FeatureVersion ID="1"><DatePeriod>
      <Start><From><Year>1969</Year><Month>3</Month><Day>7</Day></From></Start>
      <End><To><Year>1969</Year><Month>3</Month><Day>7</Day></To></End></DatePeriod></FeatureVersion></Feature>
    <Feature ID="2" FeatureTypeID="10"><FeatureVersion ID="2"><VersionLocation LocationID="7"/></FeatureVersion></Feature>
  </Profile></DistinctParty></DistinctParties>
  <SanctionsEntries><SanctionsEntry ID="1" ProfileID="101"><SanctionsMeasure SanctionsTypeID="1"><Comment>SDGT</Comment></SanctionsMeasure></SanctionsEntry></SanctionsEntries>
</Sanctions>
"""
UN = """\
<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-11-20T23:00:00">
  <INDIVIDUALS><INDIVIDUAL><DATAID>6900001</DATAID><FIRST_NAME>YUSUF</FIRST_NAME><SECOND_NAME>MAHMUD</SECOND_NAME>
    <THIRD_NAME>AL-SAMPLE</THIRD_NAME><UN_LIST_TYPE>Al-Qaida</UN_LIST_TYPE><REFERENCE_NUMBER>QDi.999</REFERENCE_NUMBER>
    <NAME_ORIGINAL_SCRIPT>يوسف محمود السامبل</NAME_ORIGINAL_SCRIPT>
    <NATIONALITY><VALUE>Iraq</VALUE></NATIONALITY>
    <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Youssef Assample</ALIAS_NAME></INDIVIDUAL_ALIAS>
    <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Abu Sample</ALIAS_NAME></INDIVIDUAL_ALIAS>
    <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
    <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1969-03-07</DATE></INDIVIDUAL_DATE_OF_BIRTH>
    <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1968</FROM_YEAR><TO_YEAR>1971</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
    <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1970</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
  </INDIVIDUAL></INDIVIDUALS>
  <ENTITIES><ENTITY><DATAID>6900002</DATAID><FIRST_NAME>PRZYKLAD SHIPPING</FIRST_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE>
    <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>PRZYKLAD LINES</ALIAS_NAME></ENTITY_ALIAS></ENTITY></ENTITIES>
</CONSOLIDATED_LIST>
"""
OWN = """\
id,name,kind,aliases,weak_aliases,birth,countries,programme
p-1,Yusuf Mahmud al-Sample,person,Youssef Assample,Abu Sample,07 Mar 1969;1970,Iraq,Minister
p-2,Przyklad Shipping,organisation,,,,,
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(dedent(text), encoding="utf-8")
    return path


def own_list(*people: str) -> str:
    """``own_list("a,Jo Example,1970-01-01,GB")``: id, name, birth, countries."""
    return "\n".join(["id,name,birth,countries", *people]) + "\n"
