"""Readers of published lists. Each takes a path and gives entries one by one; what cannot be right raises
``BrokenList`` with the place, and nothing of such a file is used. Files come from outside and are taken for hostile.

    ofac_csv.py       sdn.csv with alt.csv and add.csv beside it (OFAC, "SDN data specification")
    ofac_xml.py       sdn.xml (OFAC, sdnList)
    ofac_advanced.py  sdn_advanced.xml (OFAC and UN "advanced sanctions data model")
    un_xml.py         consolidated.xml (United Nations Security Council)
    simple_csv.py     the bank's own: politically exposed persons and internal lists
"""
