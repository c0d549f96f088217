{{- /* Values that would be of no effect, or that no pod could come up with, are refused as `sluice install` refuses them. */}}
{{- define "sluice.refusals" -}}
{{- $config := .Values.config }}
{{- if not $config.sources }}
{{- fail "config.sources: expected at least one source" }}
{{- end }}
{{- range $setting := list "reportEndpoint" "reportRegion" "reportSecretFile" "reportTokenFile" }}
{{- if and (get $config $setting) (not $config.reportFunction) }}
{{- fail (printf "config.%s: expected reportFunction beside it: without one nothing is reported" $setting) }}
{{- end }}
{{- end }}
{{- range $setting := list "reportEndpoint" "nudgeQueue" }}
{{- if regexMatch "^[^:/]+://[^/?#]*@" (get $config $setting | toString) }}
{{- fail (printf "config.%s: expected an address without a user or a password: it is kept where many can read it" $setting) }}
{{- end }}
{{- end }}
{{- range $index, $source := $config.sources }}
{{- $url := $source.url | toString }}
{{- if regexMatch "^[^:/]+://[^/@]*:[^/@]*@" $url }}
{{- fail (printf "config.sources[%d].url: expected a url without a password. Give the password by tokenSecret" $index) }}
{{- end }}
{{- if and (not $source.knownHosts) (regexMatch "^(ssh://|[^/:]+@[^/:]+:)" $url) }}
{{- fail (printf "config.sources[%d].knownHosts: expected /etc/sluice-agent/config/known_hosts, and the host's keys as knownHosts" $index) }}
{{- end }}
{{- if and $source.verifyKeys (eq "none" ($source.verify | default "none")) }}
{{- fail (printf "config.sources[%d].verifyKeys: expected verify: head or all beside it; without that no signature is looked at" $index) }}
{{- end }}
{{- end }}
{{- $text := toJson $config }}
{{- range $value, $place := include "sluice.places" . | fromYaml }}
{{- $isRead := contains $place $text }}
{{- if and $isRead (not (get $.Values $value)) }}
{{- fail (printf "config: expected %s beside it, which puts %s there" $value $place) }}
{{- end }}
{{- if and (get $.Values $value) (not $isRead) }}
{{- fail (printf "%s: expected a setting in config that reads %s, found none" $value $place) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Where a pod has what a value brings. */}}
{{- define "sluice.places" -}}
tokenSecret: /etc/sluice-agent/git/
knownHosts: /etc/sluice-agent/config/known_hosts
verifySecret: /etc/sluice-agent/verify
nudgeSecret: /etc/sluice-agent/nudge/
reportSecret: /etc/sluice-agent/report/
reportTokenSecret: /etc/sluice-agent/report-token/
ageSecret: /etc/sluice-agent/age/
{{- end }}
