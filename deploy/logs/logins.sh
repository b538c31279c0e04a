#!/bin/bash
# Elasticsearch's logins: Kibana's password, and one for Filebeat that may add to our log and read nothing. Run at each
# start, as often as one likes.
set -euo pipefail

put() {
    curl --silent --show-error --fail --output /dev/null --user "elastic:$ELASTIC_PASSWORD" \
        --header 'Content-Type: application/json' --request PUT "http://elasticsearch:9200/_security/$1" --data "$2"
}

put user/kibana_system/_password "{\"password\": \"$KIBANA_PASSWORD\"}"
put role/tellergraph_filebeat '{"cluster": ["monitor"],
    "indices": [{"names": ["logs-tellergraph-*"], "privileges": ["auto_configure", "create_doc"]}]}'
put user/tellergraph_filebeat "{\"password\": \"$FILEBEAT_PASSWORD\", \"roles\": [\"tellergraph_filebeat\"]}"
