{{- define "sluice.name" -}}
{{- if eq .Values.name "default" }}sluice-agent{{ else }}sluice-agent-{{ .Values.name }}{{ end }}
{{- end }}

{{- define "sluice.labels" -}}
app.kubernetes.io/name: sluice-agent
app.kubernetes.io/instance: {{ .Values.name | quote }}
{{- end }}

{{- /* The ports of the URLs in the configuration, with spaces between them. */}}
{{- define "sluice.ports" -}}
{{- $ports := list }}
{{- $urls := list }}
{{- range .Values.config.sources }}
{{- $urls = append $urls .url }}
{{- end }}
{{- range concat $urls (list .Values.config.reportEndpoint .Values.config.nudgeQueue) | compact }}
{{- $protocol := regexFind "^[^:/]+://" . | lower }}
{{- $port := regexFind "^[^:/]+://[^/?#]+" . | regexFind ":[0-9]+$" | trimPrefix ":" }}
{{- $ports = append $ports ($port | default (get (dict "http://" "80" "https://" "443" "ssh://" "22") $protocol)) }}
{{- end }}
{{- compact $ports | uniq | join " " }}
{{- end }}

{{- define "sluice.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "sluice.name" . }}
    namespace: {{ .Release.Namespace | quote }}
{{- end }}
