{{- define "labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/part-of: acme
app.kubernetes.io/version: {{ .Values.image.tag | quote }}
{{- end }}
