#!/bin/sh
# Makes the namespace, or sets its retention if it is there already. A closed run stays readable
# for a year; KoKo keeps what it needs beyond that itself.
set -eu

tries=30
until temporal operator cluster health; do
	tries=$((tries - 1))
	if [ "$tries" -eq 0 ]; then
		echo "namespace: Temporal at $TEMPORAL_ADDRESS does not answer" >&2
		exit 1
	fi
	sleep 2
done

if temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1; then
	temporal operator namespace update --namespace "$NAMESPACE" --retention "$RETENTION"
else
	temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
fi
