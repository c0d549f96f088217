{{- define "sluice.name" -}}
{{- if eq .Values.name "default" }}sluice-agent{{ else }}sluice-agent-{{ .Values.name }}{{ end }}
{{- end }}

{{- define "sluice.labels" -}}
app.kubernetes.io/name: sluice-agent
app.kubernetes.io/instance: {{ .Values.name }}
{{- end }}

{{- define "sluice.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "sluice.name" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}
