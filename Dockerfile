# Tierbell as an image. Build: docker build -t tierbell .
#
# It listens on 0.0.0.0:9096, and nobody may listen there without an account: in an empty store it ends with status 2
# and says so. Give it the first token in a file of at least 16 characters, and a volume:
#
#   docker run --read-only --tmpfs /tmp -p 9096:9096 -v tierbell-data:/data \
#     -v "$PWD/admin.token":/run/secrets/admin.token:ro -e TIERBELL_ADMIN_TOKEN_FILE=/run/secrets/admin.token \
#     -v "$PWD/rules":/app/rules:ro tierbell
#
# The token file must be readable by user 1000. Sources need `auth` in rules/tierbell.yaml: without it, whoever reaches
# the port may post alerts. Other verbs work on the same volume: docker run … tierbell token create ada --role responder
# The root file system is never written to; everything lies in /data.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run -s build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
ENV TIERBELL_WEB_LISTEN_ADDRESS=0.0.0.0:9096
ENV TIERBELL_STORAGE_PATH=/data
ENV TIERBELL_CONFIG_FILE=/app/rules/tierbell.yaml
RUN install -d -o node -g node /data
COPY package.json LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY rules ./rules
USER node
VOLUME /data
EXPOSE 9096
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9096/-/healthy').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/bin.js"]
CMD ["serve"]
