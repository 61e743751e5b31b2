# The image of the service: Node, the production packages and the sources as they are. Nothing is compiled.

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY deploy/prune-onnxruntime.sh deploy/
# The base image brings Node, so the development dependency that pins it stays out like the others.
RUN npm ci --omit=dev --no-audit --no-fund \
  && sh deploy/prune-onnxruntime.sh node_modules

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    BECKON_HOST=0.0.0.0 \
    BECKON_DATA_DIR=/var/lib/beckon
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE ./
COPY src src
COPY models models
# The volume takes over this owner when it is first made.
RUN install -d -o node -g node -m 0750 /var/lib/beckon
USER node
VOLUME /var/lib/beckon
EXPOSE 8080 8081 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BECKON_ADMIN_PORT || 9090}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# BECKON_HOST is not loopback here, and the service refuses that without authentication. Whoever keeps the ports
# private says so with `--insecure`, see deploy/README.md: the image does not decide it for them.
ENTRYPOINT ["node", "src/cli/beckon.mjs"]
CMD ["start"]
