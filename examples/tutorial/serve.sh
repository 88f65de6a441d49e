# In the folder `server`.
set -e
# [snippet:serve]
export JWT_SECRET_KEY=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')
atriumctl check-config atrium.yaml
atriumd --config atrium.yaml
# [/snippet]
